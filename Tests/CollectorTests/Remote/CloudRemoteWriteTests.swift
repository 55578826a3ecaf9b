import Foundation
import NIOHTTP1
import RemoteWriteFormat
import ScriptedHTTP
import Synchronization
import TelemetryModel
import Testing

@testable import OutboundHTTP

/// Sending on to receivers of the clouds.
@Suite(.serialized) struct CloudRemoteWriteTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func start(_ url: String, _ authorization: String) async throws -> PerchProcess {
        let file = try folder.write(
            """
            remote_write:
              - url: "\(url)"
                headers: {X-Tenant: t}
                queue_config: {batch_send_deadline: 50ms, max_backoff: 100ms}
                \(authorization)
            """, to: "perch.yml")
        return try await PerchProcess(dataDirectory: folder.path + "/data", configuration: file)
    }

    private func load(_ perch: PerchProcess) async throws {
        var encoder = RemoteWriteEncoder(version: .v1)
        let time = Int64(Date().timeIntervalSince1970 * 1000)
        encoder.append(RemoteWriteSeries(labels: ["__name__": "sent"], samples: [Sample(timestamp: time, value: 1)]))
        #expect(try await perch.writeRemotely(encoder.finish()).status == 204)
    }

    @Test(.timeLimit(.minutes(10))) func `a receiver of AWS finds the signature that fits what arrives`() async throws {
        let sink = try await RemoteWriteSink()
        let perch = try await start(
            sink.url + "//a/../b?z=1&a=2", "sigv4: {region: eu-west-1, access_key: AKIDEXAMPLE, secret_key: hidden, service_name: es}")
        try await load(perch)
        try await perch.eventually("the sample is taken") { !sink.taken.isEmpty }
        let request = try #require(sink.taken.first)
        #expect(request.path == "/write/b?a=2&z=1" && request.headers["x-tenant"] == "t")
        let authorization = try #require(request.headers["authorization"])
        #expect(authorization.hasPrefix("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"))
        #expect(
            authorization.contains(
                "SignedHeaders=content-encoding;content-length;content-type;host;x-amz-date;x-prometheus-remote-write-version, "))
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = "yyyyMMdd'T'HHmmss'Z'"
        let time = try #require(formatter.date(from: request.headers["x-amz-date"] ?? ""))
        #expect(abs(time.timeIntervalSinceNow) < 60)
        var url = "http://127.0.0.1:\(sink.port)" + request.path
        var headers = HTTPHeaders()
        for name in ["content-encoding", "content-type", "x-prometheus-remote-write-version"] {
            headers.add(name: name, value: request.headers[name] ?? "")
        }
        try RequestSignature(region: "eu-west-1", service: "es").sign(
            "POST", &url, &headers, body: request.body, with: AmazonKeys(accessKey: "AKIDEXAMPLE", secretKey: "hidden"),
            at: Int64(time.timeIntervalSince1970 * 1000))
        #expect(headers.first(name: "authorization") == authorization)
        #expect(try await !perch.get("/api/v1/status/config").text.contains("hidden") && !perch.child.printed.contains("hidden"))
        #expect(try await perch.terminate() == 0)
    }

    @Test(
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl"), "openssl is not installed"), .timeLimit(.minutes(10))
    )
    func `what a token is missing for is sent once there is one`() async throws {
        let asked = Atomic<Int>(0)
        let tokens = try await ScriptedServer { _ in
            guard asked.add(1, ordering: .relaxed).newValue > 2 else {
                return [.send("HTTP/1.1 503 No\r\nContent-Length: 23\r\n\r\n{\"error\":\"unavailable\"}")]
            }
            return ScriptedServer.page(#"{"access_token":"goog","expires_in":3600,"token_type":"Bearer"}"#, contentType: "application/json")
        }
        let key = Process()
        key.executableURL = URL(filePath: "/usr/bin/openssl")
        key.arguments = ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", folder.path + "/key.pem"]
        key.standardError = FileHandle.nullDevice
        try key.run()
        key.waitUntilExit()
        let account = [
            "type": "service_account", "client_email": "perch@p.test", "token_uri": "http://127.0.0.1:\(tokens.port)/token",
            "private_key": try String(contentsOfFile: folder.path + "/key.pem", encoding: .utf8),
        ]
        let file = try folder.write(String(decoding: try JSONEncoder().encode(account), as: UTF8.self), to: "account.json")
        let sink = try await RemoteWriteSink()
        let perch = try await start(sink.url, "google_iam: {credentials_file: \(file)}")
        try await load(perch)
        try await perch.eventually("the sample is taken") { !sink.taken.isEmpty }
        #expect(sink.seen.count == 1 && sink.seen[0].headers["authorization"] == "Bearer goog")
        #expect(asked.load(ordering: .relaxed) == 3)
        #expect(perch.child.printed.contains("the token server of google_iam answered with HTTP status 503: unavailable"))
        #expect(try await perch.terminate() == 0)
        try await tokens.stop()
    }
}
