from avcdoctor.read.pasted import read_text


def test_denials_and_unreadable_lines_of_a_text():
    context = "system_u:system_r:init_t:s0"
    reading = read_text(
        f'type=AVC msg=audit(1.000:1): avc:  denied  {{ read }} for pid=1 comm="caf\udce9" scontext={context} '
        f"tcontext={context} tclass=file\ntype=AVC msg=audit(1.000:2): avc:  denied  {{ read }} for pid=1\n",
        "example",
    )
    assert [group.key for group in reading.groups] == [("kernel", "init_t", "init_t", "file")]
    assert reading.groups[0].examples[0].comm == "caf\\xe9"
    assert reading.summary.files == ("example",)
    assert reading.summary.unreadable == 1
