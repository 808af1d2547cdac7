"""Exports: what log stores and shippers export."""

from __future__ import annotations

import html
import json
import re
from typing import List

from tests.read.exports.form import NUMBERS, form, line_form, lines_of, parts, table

line_form("logcli", '2022-06-12T02:13:20Z {filename="/var/log/audit/audit.log", host="web1", job="audit"} ')
line_form("aws logs tail", "2022-06-12T02:13:20.123000+00:00 i-0a1b2c3d4e ")


@form("loki query")
def _loki(lines: List[str]) -> str:
    values = [[f"{parts(line).seconds}123000000", line] for line in lines]
    stream = {"stream": {"job": "audit", "host": "web1"}, "values": values}
    return json.dumps({"status": "success", "data": {"resultType": "streams", "result": [stream], "stats": {"x": 1}}})


@form("grafana csv")
def _grafana(lines: List[str]) -> str:
    rows = [["Time", "Line", "labels", "id"]]
    rows += [["2022-06-12T02:13:20.123Z", line, '{"job":"audit"}', "1655000000_ab"] for line in lines]
    return "\ufeff" + table(rows)


line_form("kubectl logs --prefix --timestamps", "[pod/audit-7d9c/tail] 2022-06-12T02:13:20.123456789Z ")


@form("kubectl get events")
def _events(lines: List[str]) -> str:
    head = "LAST SEEN   TYPE      REASON   OBJECT        MESSAGE\n"
    return head + "".join(f"3m12s       Warning   Denied   node/worker1  {line}\n" for line in lines)


@form("oc adm node-logs")
def _node_logs(lines: List[str]) -> str:
    told = ""
    for line in lines:
        part = parts(line)
        told += f"worker-0.example.com Jun 12 02:13:20.123456 worker-0 audit[2714]: {part.type} {part.body}\n"
    return told


line_form("oc adm node-logs of a file", "worker-0.example.com ")


@form("cloudwatch insights csv")
def _insights(lines: List[str]) -> str:
    return table(
        [["@timestamp", "@message"], *([f"2022-06-12 02:13:20.{n:03d}", line] for n, line in enumerate(lines))]
    )


@form("cloudwatch events")
def _cloudwatch(lines: List[str]) -> str:
    events = [{"timestamp": 1655000000123, "message": line, "ingestionTime": 1655000001000} for line in lines]
    return json.dumps({"events": events, "nextForwardToken": "f/1", "nextBackwardToken": "b/1"}, indent=4)


@form("splunk csv")
def _splunk(lines: List[str]) -> str:
    rows: List[List[str]] = [["_raw", "_time", "comm", "host", "source", "splunk_server"]]
    for line in reversed(lines):
        comm = re.search(r'comm="?([^" ]+)', line)
        rows.append([line, "2022-06-12T02:13:20.123+0000", comm[1] if comm else "", "web1", "audit.log", "idx1"])
    return table(rows)


@form("splunk json")
def _splunk_json(lines: List[str]) -> str:
    return lines_of(
        {"preview": False, "offset": number, "result": {"_raw": line, "_time": "2022-06-12 02:13:20", "host": "web1",
         "tclass": "file"}}
        for number, line in enumerate(lines)
    )  # fmt: skip


@form("splunk xml")
def _splunk_xml(lines: List[str]) -> str:
    told = "<?xml version='1.0' encoding='UTF-8'?>\n<results preview='0'>\n<meta>\n</meta>\n"
    for number, line in enumerate(lines):
        shown = html.escape(line, quote=False).replace("denied", '<sg h="1">denied</sg>')
        told += (
            f"<result offset='{number}'>\n\t<field k='_raw'><v xml:space='preserve' trim='0'>{shown}</v></field>\n"
            "\t<field k='host'>\n\t\t<value><text>web1</text></value>\n\t</field>\n</result>\n"
        )
    return told + "</results>\n"


@form("datadog csv")
def _datadog_csv(lines: List[str]) -> str:
    rows = [
        ["Date", "Host", "Service", "Message"],
        *(["2022-06-12T02:13:20.123Z", "web1", "auditd", line] for line in lines),
    ]
    return table(rows)


@form("datadog events")
def _datadog(lines: List[str]) -> str:
    def entry(line: str) -> object:
        found = re.search(r"comm=\S+", line)
        attributes = {"message": line, "service": "auditd", "host": "web1", "tags": ["env:prod"], "attributes": {
            "audit": {"comm": found[0] if found else ""}, "pid": 2714}}  # fmt: skip
        return {"id": "AAA", "type": "log", "attributes": attributes}

    return json.dumps({"data": [entry(line) for line in lines], "meta": {"elapsed": 3}})


@form("kibana csv")
def _kibana(lines: List[str]) -> str:
    rows = [["@timestamp", "host.name", "message"], *(["Jun 12, 2022 @ 02:13:20.123", "web1", line] for line in lines)]
    return table(rows)


@form("elastic bulk")
def _bulk(lines: List[str]) -> str:
    told = ""
    for line in lines:
        told += json.dumps({"index": {"_index": "system-2022.06.12"}}) + "\n"
        told += json.dumps({"@timestamp": "2022-06-12T02:13:20+00:00", "host": "web1", "message": line}) + "\n"
    return told


@form("graylog csv")
def _graylog(lines: List[str]) -> str:
    return table([["timestamp", "source", "message"], *(["2022-06-12T02:13:20.123Z", "web1", line] for line in lines)])


@form("gelf")
def _gelf(lines: List[str]) -> str:
    return lines_of(
        {"version": "1.1", "host": "web1", "short_message": line[:64], "full_message": line, "level": 5,
         "timestamp": 1655000000.123, "_facility": "audit"}
        for line in lines
    )  # fmt: skip


@form("vector's journal")
def _vector(lines: List[str]) -> str:
    def entry(line: str) -> object:
        part = parts(line)
        return {
            "PRIORITY": "5", "_AUDIT_ID": part.serial, "_AUDIT_TYPE": str(NUMBERS[part.type]),
            "_AUDIT_TYPE_NAME": part.type, "_SOURCE_REALTIME_TIMESTAMP": f"{part.seconds}{part.millis}000",
            "_TRANSPORT": "audit", "__REALTIME_TIMESTAMP": f"{part.seconds}{part.millis}500", "host": "web1",
            "message": f"{part.type} {part.body}", "source_type": "journald", "timestamp": "2022-06-12T02:13:20.123Z",
        }  # fmt: skip

    return lines_of(map(entry, lines))


@form("fluent bit stdout")
def _fluent_bit(lines: List[str]) -> str:
    return "".join(
        f'[{number}] audit.log: [[{parts(line).clock}456789, {{}}], {{"log"=>{json.dumps(line)}}}]\n'
        for number, line in enumerate(lines)
    )


@form("fluentd file")
def _fluentd(lines: List[str]) -> str:
    return "".join("2022-06-12T02:13:20+00:00\tsystem.audit\t" + json.dumps({"message": line}) + "\n" for line in lines)


@form("nxlog")
def _nxlog(lines: List[str]) -> str:
    return lines_of(
        {"EventReceivedTime": "2022-06-12 02:13:20", "SourceModuleName": "audit", "SourceModuleType": "im_file",
         "raw_event": line}
        for line in lines
    )  # fmt: skip


@form("syslog-ng json")
def _syslog_ng(lines: List[str]) -> str:
    return lines_of(
        {"PROGRAM": "audispd", "PRIORITY": "info", "MESSAGE": "node=web1 " + line, "LEGACY_MSGHDR": "audispd: ",
         "HOST": "web1", "FACILITY": "user", "DATE": "Jun 12 02:13:20"}
        for line in lines
    )  # fmt: skip


@form("wazuh alerts.json")
def _wazuh(lines: List[str]) -> str:
    def entry(line: str) -> object:
        part = parts(line)
        return {"timestamp": "2022-06-12T02:13:20.123+0000", "rule": {"level": 3, "description": "Auditd: SELinux",
                "id": "80730", "groups": ["audit"]}, "agent": {"id": "001", "name": "web1"}, "full_log": line,
                "decoder": {"parent": "auditd", "name": "auditd"}, "data": {"audit": {"type": part.type,
                "id": part.serial, "pid": "2714"}}, "location": "/var/log/audit/audit.log"}  # fmt: skip

    return lines_of(map(entry, lines))


@form("ossec alerts.log")
def _ossec(lines: List[str]) -> str:
    return "".join(
        f"** Alert 1655000000.{number}: - audit,\n2022 Jun 12 02:13:20 web1->/var/log/audit/audit.log\n"
        f"Rule: 80700 (level 3) -> 'Audit: messages grouped.'\n{line}\naudit.type: AVC\naudit.pid: 2714\n\n"
        for number, line in enumerate(lines)
    )


@form("osquery selinux_events")
def _osquery(lines: List[str]) -> str:
    def entry(line: str) -> object:
        part = parts(line)
        return {"name": "selinux_events", "hostIdentifier": "web1", "unixTime": int(part.seconds), "action": "added",
                "columns": {"type": part.type, "message": f"audit({part.clock}:{part.serial}): {part.body}",
                            "time": part.seconds, "uptime": "4711"}}  # fmt: skip

    return lines_of(map(entry, lines))


@form("cef")
def _cef(lines: List[str]) -> str:
    def escaped(text: str) -> str:
        return text.replace("\\", "\\\\").replace("=", "\\=")

    return "".join(
        f"Jun 12 02:13:20 web1 CEF:0|Unix|auditd||{parts(line).type}|audit|Low|rt=1655000000123 dvchost=web1 "
        f"rawEvent={escaped(line)}\n"
        for line in lines
    )


@form("sentinel tables")
def _sentinel(lines: List[str]) -> str:
    columns = [{"name": name, "type": "string"} for name in ("TimeGenerated", "Computer", "SyslogMessage")]
    rows = [["2022-06-12T02:13:20.123Z", "web1", line] for line in lines]
    return json.dumps({"tables": [{"name": "PrimaryResult", "columns": columns, "rows": rows}]})


@form("gcloud yaml")
def _gcloud(lines: List[str]) -> str:
    told = ""
    for line in lines:
        escaped = line.replace("'", "''")
        told += f"---\ninsertId: 1abc\njsonPayload:\n  message: '{escaped}'\nlogName: projects/x/logs/audit\n"
    return told


@form("enriched by audisp")
def _enriched(lines: List[str]) -> str:
    return "".join(f'node=web1 {line}\x1dAUID="unset" UID="apache"\n' for line in lines)


@form("newest first")
def _newest_first(lines: List[str]) -> str:
    return "\n".join(reversed(lines)) + "\n"
