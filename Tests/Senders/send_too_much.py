"""Sends messages of so many bytes of zeros over gRPC, and prints the code of each answer.

    send_too_much.py ADDRESS BYTES[,gzip]...
"""

import sys

import grpc

channel = grpc.insecure_channel(sys.argv[1], options=[("grpc.max_send_message_length", -1)])
export = channel.unary_unary(
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    request_serializer=lambda message: message,
    response_deserializer=lambda message: message,
)
for argument in sys.argv[2:]:
    count, _, compression = argument.partition(",")
    try:
        export(bytes(int(count)), compression=grpc.Compression.Gzip if compression else None, timeout=60)
        print("OK")
    except grpc.RpcError as error:
        print(error.code().name)
