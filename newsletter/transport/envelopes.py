"""Giving one envelope by DATA: MAIL, RCPT and DATA in a group where the relay allows it (RFC 2920), else in turn.

`answers` takes what was answered as it comes, so that it counts even when the connection ends in between.
"""

from newsletter.transport import replies
from newsletter.transport.connection import Connection
from newsletter.transport.final_dot import DOT
from newsletter.transport.protocol import Reply, Stage
from newsletter.transport.trouble import Garbled

#: What is answered at which stage; the answer of the last one is 354.
STAGES: tuple[Stage, ...] = ("mail", "rcpt", "data")

_GO_AHEAD = 354


def give(connection: Connection, commands: bytes, answers: list[Reply]) -> None:
    """Give an envelope. Raises Broken and Garbled."""
    wire = connection.wire
    replies.refuse_more(wire.overheard())
    if connection.offers.pipelining:
        wire.say(commands, connection.patience.command)
        hear(connection, answers)
    else:
        _give_in_turn(connection, commands, answers)
    replies.refuse_more(wire.heard)


def hear(connection: Connection, answers: list[Reply]) -> None:
    """Read the answers to a whole envelope. Raises Broken and Garbled."""
    for stage in STAGES:
        answers.append(_answer(connection, stage))  # noqa: PERF401 - what was answered before a failure counts


def refusal(answers: list[Reply]) -> Reply | None:
    """Return the first refusal among the answers, if there is one."""
    return next((answer for answer in answers if answer.code >= 400), None)


def take_back(connection: Connection, answers: list[Reply]) -> None:
    """After a refusal, have the relay ready for the next envelope. Raises Broken and Garbled."""
    wire, patience = connection.wire, connection.patience
    if answers[-1].code != _GO_AHEAD:
        replies.cleared(*wire.ask(b"RSET\r\n", patience.command))
    elif answers[1].code >= 400:
        # it awaits a body though there is nobody to give it to: RFC 2920, section 3.1, has us send a lone dot
        replies.verdict(*wire.ask(DOT, patience.dot))
    else:
        raise Garbled("it awaits a body although it refused the sender")


def _give_in_turn(connection: Connection, commands: bytes, answers: list[Reply]) -> None:
    """Give one command after the other, until one is refused."""
    for stage, command in zip(STAGES, commands.splitlines(keepends=True), strict=True):
        replies.refuse_more(connection.wire.heard)
        connection.wire.say(command, connection.patience.command)
        answers.append(_answer(connection, stage))
        if answers[-1].code >= 400:
            return


def _answer(connection: Connection, stage: Stage) -> Reply:
    patience = connection.patience
    reply = connection.wire.reply(patience.data if stage == "data" else patience.command)
    return replies.judged(*reply, stage)
