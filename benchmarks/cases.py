"""The cases, one list: what is measured, why, under which load, against whom, and what must come of it."""

from __future__ import annotations

from benchmarks import catching_up, checking, fan_out, growing, moving, proving, relaying, starting, streams, writing
from benchmarks.case import Case, Mark
from benchmarks.load import Load

WHOLE = tuple(Mark(figure, most=0) for figure in ("deliveries missing", "gaps and repeats", "streams ended"))
NO_GAPS = WHOLE[:2]
ALL_PEERS = ("nchan", "Pushpin", "better-sse", "naive")
ALL_OFFERED = 0.98  # the first and the last event are not exactly the seconds apart

CASES: tuple[Case, ...] = (
    Case(
        "fan-out",
        "Fan-out",
        "Many screens, events that every server here can still deliver one by one: does each get all of them, and "
        "what does a delivery cost? A call centre must not act on a consent that was revoked a moment ago.",
        Load(1000, 200),
        ("floor", *ALL_PEERS),
        (
            Mark("share of the offer", least=ALL_OFFERED),
            Mark("server CPU s per million", most=1, against="nchan"),
            *WHOLE,
        ),
        fan_out.against("floor", *ALL_PEERS),
    ),
    Case(
        "saturated",
        "Fan-out, saturated",
        "More than can be sent one by one, as when a campaign ends or a bulk job runs: how much comes through when "
        "the machine is full? A stream that lags gets several events in one write.",
        Load(1000, 600),
        ("floor", "nchan"),
        (
            Mark("deliveries/s", least=1.5, against="floor"),
            Mark("deliveries/s", least=3, against="nchan"),
            *WHOLE,
        ),
        fan_out.against("floor", "nchan"),
    ),
    Case(
        "many-streams",
        "Fan-out, many streams",
        "All desks of a large company on one process: does the number of connections itself cost?",
        Load(8000, 20),
        ("floor", "nchan"),
        (Mark("deliveries/s", least=1, against="floor"), Mark("deliveries/s", least=1.6, against="nchan"), *WHOLE),
        fan_out.against("floor", "nchan"),
    ),
    Case(
        "bursts",
        "Bursts",
        "One commit that changes many consents, which is what bulk decisions and an UPDATE of a DBA do: is a burst "
        "handed on as one?",
        Load(1000, 1500, 50),
        ("floor", "nchan"),
        (Mark("share of the offer", least=ALL_OFFERED), Mark("deliveries/s", least=8, against="nchan"), *WHOLE),
        fan_out.against("floor", "nchan"),
    ),
    Case(
        "latency",
        "Latency, commit to last stream",
        "A quiet day: how long until the last of all screens has the change? From the statement, so the commit is "
        "in it.",
        Load(1000, 20),
        ("floor", "nchan"),
        (Mark("last stream p99 ms", most=2.5, against="floor"), *WHOLE),
        fan_out.against("floor", "nchan"),
    ),
    Case(
        "asked",
        "REST asked to frame read",
        "A customer decides in the app while an agent looks at the screen: the whole way, sign-in, batch, commit "
        "and all streams included.",
        Load(500, 20),
        ("floor",),
        (Mark("p50 ms", most=1.6, against="floor"), Mark("p99 ms", most=2, against="floor"), *WHOLE),
        fan_out.asked,
    ),
    Case(
        "asked-loaded",
        "REST asked to frame read, loaded",
        "The same where the node sends 200,000 frames/s beside it: do those who write still get their turn?",
        Load(2000, 100),
        ("floor",),
        (Mark("p99 ms", most=3, against="floor"), *WHOLE),
        fan_out.asked,
    ),
    Case(
        "rest",
        "Grant and revoke over REST, 64 connections",
        "A campaign sends customers to the consent page at the same time: durable, chained, notified, each "
        "answered after its commit. An endpoint that does nothing is what the HTTP server alone can do; with "
        "WRITE_BATCH=1 each request has a transaction of its own.",
        Load(),
        (writing.NOTHING, writing.SINGLE, writing.FIRST),
        (
            Mark("requests/s", least=0.5, against=writing.NOTHING),
            Mark("requests/s", least=6, against=writing.FIRST),
            Mark("requests/s", least=6, against=writing.SINGLE),
            Mark("node CPU µs per decision", most=100),
            Mark("PostgreSQL CPU µs per decision", most=80),
            *(
                Mark(figure, most=0)
                for figure in ("answers other than 200", "connections failed", "requests without a change")
            ),
        ),
        writing.one_by_one,
    ),
    Case(
        "bulk",
        "Bulk decisions",
        "A list of opt-outs is imported: how long does it take, with an outcome for each?",
        Load(rows=100_000),
        (),
        (
            Mark("decisions/s", least=10_000),
            Mark("decisions without a change", most=0),
            Mark("answers other than 200", most=0),
        ),
        writing.bulk,
    ),
    Case(
        "idle",
        "Idle streams",
        "Most screens show nothing new most of the time: what must a machine have for them?",
        Load(8000),
        ALL_PEERS,
        (Mark("KB resident per stream", most=14),),
        streams.idle,
    ),
    Case(
        "connecting",
        "Connecting while events go out",
        "A morning's start, or a network that comes back: can everybody come in while the others are served? What "
        "is not up after 60 s has not come up.",
        Load(8000, 20),
        ALL_PEERS,
        (Mark("seconds until all are up", most=20), Mark("refused", most=0)),
        streams.connecting,
    ),
    Case(
        "storm",
        "Reconnect storm after a restart",
        "A node is restarted: all its clients come back at once, each 1,000 events behind, and the node's memory "
        "is empty. Does PostgreSQL feel how many they are?",
        Load(2000, rows=1000),
        ("a tenth of the clients",),
        (
            Mark("seconds until all are caught up", most=10),
            Mark("PostgreSQL CPU s", most=1),
            *NO_GAPS,
        ),
        catching_up.storm,
    ),
    Case(
        "start",
        "Start",
        "A node is replaced, or there is one more: how long until it serves, on a long log? Most of it is what any "
        "program of these libraries takes until they are imported.",
        Load(rows=1_000_000),
        (starting.IMPORTS,),
        (Mark("seconds until ready", most=2, against=starting.IMPORTS),),
        starting.start,
        kept=False,
    ),
    Case(
        "replay",
        "Cold replay",
        "A new consumer reads the log from its beginning: how far is that from what PostgreSQL and psql alone can do?",
        Load(rows=1_000_000),
        (r"psql \copy",),
        (Mark("events/s", least=0.4, against=r"psql \copy"), *NO_GAPS),
        catching_up.replay,
    ),
    Case(
        "single-customers",
        "Streams of single customers",
        "Every customer's app is open, and sees its own consents alone: does an event cost more because others "
        "look on? Ten events a commit, or the commits would be what is measured.",
        Load(10_000, 1000, 10),
        ("a tenth of the streams",),
        (
            Mark("server CPU s per 1,000 events", most=1.25, against="a tenth of the streams"),
            Mark("deliveries missing", most=0),
            Mark("streams ended", most=0),
        ),
        streams.singles,
    ),
    Case(
        "growth",
        "Growth",
        "Years later: does everything take as long as on the first day: writing, resuming, listing, searching, asking "
        '"may I?", the state of back then, evidence, a checkpoint? By default with fewer rows than the mark is for; '
        "--full makes 10,000,000 events and 1,000,000 consents.",
        Load(rows=500_000, full=10_000_000),
        ("10,000 of each",),
        (
            *(
                Mark(f"{what} p50 ms", most=1.25, against="10,000 of each")
                for what in ("writes", *growing.READS, "checkpoint")
            ),
            *(Mark(f"{what}: answers other than 200", most=0) for what in growing.READS),
            Mark("writes without a change", most=0),
        ),
        growing.growth,
    ),
    Case(
        "proofs",
        "Proofs",
        "A court asks for one consent of millions: how long does its evidence take, how long the proof of one event, "
        "beside psql that only reads the rows?",
        Load(rows=1_000_000),
        ("psql",),
        (
            Mark("evidence p99 ms", most=50),
            Mark("inclusion p99 ms", most=10),
            Mark("oldest checkpoint while writing s", most=60),
            Mark("evidence: answers other than 200", most=0),
            Mark("inclusion: answers other than 200", most=0),
        ),
        proving.proofs,
        kept=False,
    ),
    Case(
        "export",
        "Everything out",
        "A campaign tool or a warehouse takes every consent at once: how fast does it come, beside psql that copies "
        "the bare columns of the same rows?",
        Load(rows=1_000_000),
        (r"psql \copy",),
        (
            Mark("NDJSON rows/s", least=0.3, against=r"psql \copy"),
            Mark("CSV rows/s", least=0.3, against=r"psql \copy"),
        ),
        moving.exported,
        kept=False,
    ),
    Case(
        "checks",
        "Checks",
        'A campaign asks "may I?" a million times in the morning: one by one over many connections, and a thousand a '
        "request, beside PostgreSQL that is asked the same without us.",
        Load(rows=1_000_000),
        (writing.NOTHING, checking.POSTGRES),
        (
            Mark("requests/s", least=0.35, against=writing.NOTHING),
            Mark("checks/s in bulk", least=0.5, against=checking.POSTGRES),
            Mark("p99 ms with four", most=10),
            Mark("single: answers other than 200", most=0),
            Mark("bulk: answers other than 200", most=0),
        ),
        checking.checks,
        kept=False,
    ),
    Case(
        "import",
        "Everything in",
        "An operator's consents come in with their dates, all of one new customer after the other, by the command: how "
        "long, in how much memory, and how long when the file is sent again?",
        Load(rows=1_000_000),
        (),
        (
            Mark("rows/s", least=5000),
            Mark("command's memory MB", most=150),
            Mark("server's memory MB", most=400),
            Mark("rows without an event", most=0),
            Mark("again: events", most=0),
        ),
        moving.imported,
        kept=False,
    ),
    Case(
        "two-nodes",
        "Two nodes",
        "More than one process can serve: does a second one help? Half of the streams go to each, on two ports, as "
        "a proxy would share them out.",
        Load(1000, 600),
        ("one node",),
        (Mark("deliveries/s", least=1.7, against="one node", cores=6), *WHOLE),
        fan_out.two_nodes,
    ),
    Case(
        "workers",
        "Two workers",
        "One machine with several cores: what does a second worker on the same port cost, and where cores are free, "
        "what does it bring?",
        Load(1000, 600),
        ("one process",),
        (
            Mark("server CPU s per million", most=1.5, against="one process"),
            Mark("deliveries/s", least=1.7, against="one process", cores=6),
            *WHOLE,
        ),
        fan_out.workers,
        kept=False,
    ),
    Case(
        "relay",
        "Sixteen nodes with NATS",
        "More nodes ask PostgreSQL more, unless one asks for all: do its queries for the feed grow with the nodes, and "
        "how much later is an event that comes by NATS?",
        Load(20, 200),
        (relaying.ONE, relaying.SOME_WITHOUT, relaying.SOME_WITH, relaying.MANY_WITHOUT),
        (
            Mark("reads of the log per event", most=1.2, against=relaying.ONE),
            *WHOLE,
        ),
        relaying.nodes,
        kept=False,
    ),
)
