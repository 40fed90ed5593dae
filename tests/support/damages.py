"""Every way in which a guard can be taken away, made from what is in the catalog, so that none is forgotten."""

import re
from typing import Final, NamedTuple

from tests.support.database import Sql

APP: Final = "consentfeed_app"
# Written by a superuser into the catalog itself: no statement changes a body and nothing else.
_BODY: Final = (
    "SET allow_system_table_mods = on; UPDATE pg_proc SET prosrc = prosrc || ' --'"
    " WHERE oid = 'consentfeed.{name}'::regprocedure"
)


class Loss(NamedTuple):
    """A statement that takes a guard away, run by a superuser, and the object that has to be named."""

    statement: str
    kind: str
    relation: str
    name: str


def trigger_losses(database: Sql) -> list[Loss]:
    """Each trigger, those of partitions too: disabled, silent for origins, never called, dropped."""
    rows = database.run(
        "SELECT relname::text, tgname::text, tgenabled::text, pg_get_triggerdef(pg_trigger.oid), tgconstraint <> 0"
        " FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE NOT tgisinternal AND relnamespace = 'consentfeed'::regnamespace ORDER BY 1, 2"
    )
    losses = []
    for table, name, enabled, definition, is_constraint in rows:
        alter, drop = f"ALTER TABLE consentfeed.{table}", f"DROP TRIGGER {name} ON consentfeed.{table}"
        never = re.sub(r"( WHEN \(.*\))? EXECUTE ", " WHEN (false) EXECUTE ", definition, flags=re.DOTALL)
        statements = [
            f"{alter} DISABLE TRIGGER {name}",
            f"{alter} ENABLE REPLICA TRIGGER {name}",
            f"{alter} ENABLE{' ALWAYS' if enabled == 'O' else ''} TRIGGER {name}",
            f"{drop}; {never}" if is_constraint else never.replace("CREATE", "CREATE OR REPLACE", 1),
            drop,
        ]
        losses += [Loss(statement, "trigger", table, name) for statement in statements]
    return losses


def row_rule_losses(database: Sql) -> list[Loss]:
    """Each policy dropped and altered, and row-level security switched off and forced."""
    tables = database.run("SELECT relname::text FROM pg_class WHERE relrowsecurity ORDER BY 1")
    losses = [
        Loss(f"ALTER TABLE consentfeed.{table} {change} ROW LEVEL SECURITY", "row rules", table, table)
        for (table,) in tables
        for change in ("DISABLE", "FORCE")
    ]
    for table, name in database.run("SELECT tablename::text, policyname::text FROM pg_policies ORDER BY 1, 2"):
        on = f"{name} ON consentfeed.{table}"
        changes = (f"DROP POLICY {on}", f"ALTER POLICY {on} USING (false)", f"ALTER POLICY {on} TO pg_monitor")
        losses += [Loss(change, "policy", table, name) for change in changes]
    return losses


def function_losses(database: Sql) -> list[Loss]:
    """Each function: with another body, as another user, with another search_path, dropped if nothing needs it."""
    rows = database.run(
        "SELECT format('%s(%s)', proname, pg_get_function_identity_arguments(oid)), oid::regprocedure::text,"
        " prosecdef, prosqlbody IS NULL, EXISTS (SELECT FROM pg_depend WHERE refobjid = pg_proc.oid)"
        " FROM pg_proc WHERE pronamespace = 'consentfeed'::regnamespace ORDER BY 1"
    )
    losses = []
    for name, signature, is_definer, has_source, has_dependents in rows:
        statements = [
            f"ALTER FUNCTION {signature} SECURITY {'INVOKER' if is_definer else 'DEFINER'}",
            f"ALTER FUNCTION {signature} SET search_path = public",
        ]
        if has_source:
            statements.append(_BODY.format(name=signature.removeprefix("consentfeed.")))
        if not has_dependents:
            statements.append(f"DROP FUNCTION {signature}")
        losses += [Loss(statement, "function", "", name) for statement in statements]
    return losses


def right_losses(database: Sql) -> list[Loss]:
    """Each right of the service taken away, and each table and function given to everybody."""
    losses = []
    for relation, name, state in database.run(
        "SELECT relation, name, state FROM consentfeed.inventory WHERE kind = 'rights' ORDER BY 1"
    ):
        losses.append(Loss(f"REVOKE {_right(relation, state)} FROM {name}", "rights", relation, name))
    for (table,) in database.run(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'consentfeed'::regnamespace AND relkind IN ('r', 'p')"
    ):
        for right, role in (("ALL", APP), ("UPDATE", "PUBLIC")):
            losses.append(Loss(f"GRANT {right} ON consentfeed.{table} TO {role}", "rights", table, role))
    for name, signature in database.run(
        "SELECT format('%s(%s)', proname, pg_get_function_identity_arguments(oid)), oid::regprocedure::text"
        " FROM pg_proc WHERE pronamespace = 'consentfeed'::regnamespace ORDER BY 1"
    ):
        losses.append(Loss(f"GRANT EXECUTE ON FUNCTION {signature} TO PUBLIC", "rights", name, "PUBLIC"))
    return losses


def _right(relation: str, state: str) -> str:
    """What GRANT and REVOKE call a right on it."""
    table, _, column = relation.partition(".")
    if relation == "schema consentfeed":
        return f"{state} ON SCHEMA consentfeed"
    if state == "EXECUTE":
        return f"EXECUTE ON FUNCTION consentfeed.{relation}"
    return f"{state} ({column}) ON consentfeed.{table}" if column else f"{state} ON consentfeed.{table}"


def table_losses(database: Sql) -> list[Loss]:
    """Each column, constraint and index, and each table and type as such; the inventory, which tells of them, apart."""
    losses = []
    for kind, relation, name, is_type in database.run(
        "SELECT entry.kind, entry.relation, entry.name, class.relkind = 'c'"
        " FROM consentfeed.inventory AS entry JOIN pg_class AS class ON class.relname = entry.relation"
        " AND class.relnamespace = 'consentfeed'::regnamespace"
        " WHERE entry.kind IN ('table', 'column', 'constraint', 'index') AND entry.relation <> 'inventory'"
        " ORDER BY 1, 2, 3"
    ):
        what, part = ("TYPE", "ATTRIBUTE") if is_type else ("TABLE", "COLUMN")
        statement = {
            "column": f"ALTER {what} consentfeed.{relation} RENAME {part} {name} TO other",
            "constraint": f'ALTER TABLE consentfeed.{relation} DROP CONSTRAINT "{name}" CASCADE',
            "index": f"DROP INDEX consentfeed.{name}",
            "table": f"DROP {what} consentfeed.{relation} CASCADE",
        }[kind]
        losses.append(Loss(statement, kind, relation, name))
    return losses
