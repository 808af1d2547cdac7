from avcdoctor import api
from avcdoctor.audit.pasted import read_text
from avcdoctor.host import open_host

RECORD = (
    'type=AVC msg=audit(1.0:1): avc:  denied  {{ {permission} }} for  pid=7 comm="check" path="{path}" '
    "scontext=system_u:system_r:keepalived_t:s0 tcontext=system_u:object_r:{target}:s0 tclass={tclass} permissive=0"
)


def paths(**fields):
    """Every path that a remedy of the one incident would change."""
    report = api.report(read_text(RECORD.format(**fields)), open_host("reference"), api.knowledge())
    (incident,) = report.incidents
    assert incident.finding.rule == "KEEPALIVED001"
    return {
        action.parameters["path"]
        for remedy in incident.remedies
        for action in remedy.actions
        if "path" in action.parameters
    }


def test_what_a_script_touched_is_not_taken_for_the_script():
    assert paths(permission="connectto", path="/run/x/sock", target="init_t", tclass="unix_stream_socket") == set()
    assert paths(permission="getattr", path="/usr/bin/ping", target="ping_exec_t", tclass="file") == set()
