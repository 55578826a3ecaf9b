"""An SMTP server that takes mails and prints each as a line of JSON, its first line being the port.

    smtp_sink.py [--starttls | --tls] [--cert FILE --key FILE] [--auth USER:PASSWORD] [--mechanisms PLAIN,LOGIN,CRAM-MD5]
"""

import argparse
import asyncio
import base64
import email
import email.policy
import hashlib
import hmac
import json
import os
import ssl

from aiosmtpd.smtp import SMTP, AuthResult

arguments = argparse.ArgumentParser()
arguments.add_argument("--starttls", action="store_true")
arguments.add_argument("--tls", action="store_true")
arguments.add_argument("--cert")
arguments.add_argument("--key")
arguments.add_argument("--auth")
arguments.add_argument("--mechanisms", default="PLAIN,LOGIN,CRAM-MD5")
options = arguments.parse_args()


class Sink:
    used = None

    async def auth_CRAM__MD5(self, server, args):
        challenge = b"<1.2@sink.example>"
        answer = await server.challenge_auth(challenge)
        user, _, digest = answer.decode().partition(" ")
        name, _, password = options.auth.partition(":")
        expected = hmac.new(password.encode(), challenge, hashlib.md5).hexdigest()
        Sink.used = "CRAM-MD5"
        return AuthResult(success=user == name and digest == expected, handled=False)

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parts = [
            {"type": part.get_content_type(), "text": part.get_content().replace("\r\n", "\n"), "encoding": part["Content-Transfer-Encoding"]}
            for part in message.walk()
            if not part.is_multipart()
        ]
        lines = envelope.original_content.split(b"\r\n")
        print(
            json.dumps(
                {
                    "from": envelope.mail_from,
                    "to": envelope.rcpt_tos,
                    "headers": {name: str(value) for name, value in message.items()},
                    "type": message.get_content_type(),
                    "parts": parts,
                    "defects": [str(defect) for part in message.walk() for defect in part.defects],
                    "tls": session.ssl is not None or options.tls,
                    "hello": session.host_name,
                    "mechanism": Sink.used,
                    "longest": max(len(line) for line in lines),
                    "bare": envelope.original_content.replace(b"\r\n", b"").count(b"\n"),
                }
            ),
            flush=True,
        )
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    name, _, password = options.auth.partition(":")
    Sink.used = mechanism
    return AuthResult(success=data.login == name.encode() and data.password == password.encode(), handled=False)


def context():
    result = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    result.load_cert_chain(options.cert, options.key)
    return result


def server():
    settings = {"decode_data": False, "enable_SMTPUTF8": True}
    if options.starttls:
        settings.update(tls_context=context(), require_starttls=True)
    if options.auth:
        excluded = [name for name in ("PLAIN", "LOGIN") if name not in options.mechanisms.split(",")]
        settings.update(authenticator=authenticate, auth_required=True, auth_require_tls=options.starttls, auth_exclude_mechanism=excluded)
    return SMTP(Sink(), **settings)


if "CRAM-MD5" not in options.mechanisms.split(",") or not options.auth:
    del Sink.auth_CRAM__MD5


def end_with_input():
    """Ends the program when whoever started it is gone."""
    if not os.read(0, 4096):
        os._exit(0)


async def main():
    asyncio.get_running_loop().add_reader(0, end_with_input)
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0, ssl=context() if options.tls else None)
    print(listener.sockets[0].getsockname()[1], flush=True)
    async with listener:
        await listener.serve_forever()


asyncio.run(main())
