internal import Foundation
internal import NIOHTTP1
internal import TestSupport
internal import Testing

@testable internal import OutboundHTTP

@Suite struct RequestSignatureTests {
    /// The keys of the examples that AWS publishes.
    private let keys = AmazonKeys(accessKey: "AKIDEXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    /// 30 August 2015, 12:36 UTC.
    private let time: Int64 = 1_440_938_160_000

    private func authorization(
        _ method: String, _ url: String, _ headers: HTTPHeaders = [:], body: String = "", service: String, token: String? = nil
    ) throws -> (authorization: String, url: String) {
        var (url, headers, keys) = (url, headers, keys)
        keys.sessionToken = token
        try RequestSignature(region: "us-east-1", service: service).sign(
            method, &url, &headers, body: Array(body.utf8), with: keys, at: time)
        return (try #require(headers.first(name: "authorization")), url)
    }

    @Test func `the examples of AWS have the signatures that AWS gives for them`() throws {
        let plain = try authorization("GET", "https://example.amazonaws.com/", service: "service")
        #expect(
            plain.authorization == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                + "SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")
        let users = try authorization(
            "GET", "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
            ["content-type": "application/x-www-form-urlencoded; charset=utf-8"], service: "iam")
        #expect(users.authorization.hasSuffix("Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"))
        #expect(users.authorization.contains("SignedHeaders=content-type;host;x-amz-date,"))
    }

    @Test(arguments: [
        ("", ""), ("/", "/"), ("/a/b", "/a/b"), ("/a/b/", "/a/b/"), ("//a///b", "/a/b"), ("/a/./b/../c", "/a/c"), ("/../a", "/a"),
        ("/.", "/"), ("/a//", "/a/"), ("/a/%2e", "/a/%2e"),
    ])
    func `the path is cleaned as the server cleans it`(path: String, clean: String) {
        #expect(RequestSignature.cleanPath(path) == clean)
    }

    @Test(arguments: [
        ("b=2&a=1", "a=1&b=2"), ("a=2&a=1", "a=1&a=2"), ("a", "a="), ("a=b c", "a=b%20c"), ("a=b+c", "a=b%20c"), ("a=%7e%2F", "a=~%2F"),
        ("a=%zz%", "a=%25zz%25"), ("&&a=b&", "a=b"), ("a=b=c", "a=b%3Dc"), ("A=1&a=2&B=3", "A=1&B=3&a=2"), ("a=1&a=%C3%A4", "a=%C3%A4&a=1"),
    ])
    func `parameters are put in order and encoded in one way`(query: String, canonical: String) {
        #expect(RequestSignature.canonicalQuery(query) == canonical)
    }

    @Test func `a request goes to the address that was signed`() throws {
        let signed = try authorization("GET", "http://h:9009//x/../api?b=2&a=1#part", service: "aps")
        #expect(signed.url == "http://h:9009/api?a=1&b=2")
    }

    @Test func `an address without a host is refused`() {
        for url in ["nothing", "http://", "", "http:///path"] {
            #expect(throws: OutboundFailure.self) { try authorization("GET", url, service: "aps") }
        }
    }

    /// Headers that proxies change are not signed, nor is the agent.
    @Test func `the headers that Prometheus signs are signed, and no others`() throws {
        let headers: HTTPHeaders = [
            "User-Agent": "Perch", "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy",
            "X-Prometheus-Remote-Write-Version": "0.1.0", "uber-trace-id": "1", "traceparent": "00-1", "X-Amzn-Trace-Id": "2",
            "Retry-Attempt": "1",
        ]
        let signed = try authorization("POST", "https://h/w", headers, body: "x", service: "aps", token: "session")
        #expect(
            signed.authorization.contains(
                "SignedHeaders=content-encoding;content-length;content-type;host;retry-attempt;traceparent;x-amz-date;"
                    + "x-amz-security-token;x-prometheus-remote-write-version,"))
    }

    // MARK: Beside botocore

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    private static let python = root + "/.venv-aws/bin/python"

    private struct SignedRequest: Codable {
        var method: String
        var url: String
        var headers: [String: String]
        var body: String
        var service: String
        var region: String
        var token: String?
    }

    /// Reads requests as JSON, one a line, and prints the authorization of each.
    private static let program = """
        import json, sys
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        for line in sys.stdin:
            r = json.loads(line)
            keys = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", r.get("token"))
            request = AWSRequest(method=r["method"], url=r["url"], headers=r["headers"], data=r["body"].encode())
            signer = SigV4Auth(keys, r["service"], r["region"])
            request.context["timestamp"] = "20150830T123600Z"
            request.headers["X-Amz-Date"] = "20150830T123600Z"
            if r.get("token"): request.headers["X-Amz-Security-Token"] = r["token"]
            text = signer.string_to_sign(request, signer.canonical_request(request))
            print(signer._inject_signature_to_request(request, signer.signature(text, request)).headers["Authorization"])
        """

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: python), "botocore is not installed"))
    func `random requests are signed as botocore signs them`() throws {
        var random = SeededGenerator(seed: .random(in: 0...1_000_000))
        let requests = (0..<400).map { _ in Self.request(&random) }
        let process = Process()
        process.executableURL = URL(filePath: Self.python)
        process.arguments = ["-c", Self.program]
        let (input, output) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        let lines = try requests.map { try JSONEncoder().encode($0) + Data("\n".utf8) }.reduce(Data(), +)
        // Written by a thread of its own, so that neither side waits for the other.
        let thread = Thread {
            try? input.fileHandleForWriting.write(contentsOf: lines)
            try? input.fileHandleForWriting.close()
        }
        thread.start()
        let answers = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self).split(separator: "\n")
        process.waitUntilExit()
        try #require(answers.count == requests.count)
        for (request, answer) in zip(requests, answers) {
            var (url, headers, keys) = (request.url, HTTPHeaders(request.headers.map { ($0.key, $0.value) }), keys)
            keys.sessionToken = request.token
            try RequestSignature(region: request.region, service: request.service).sign(
                request.method, &url, &headers, body: Array(request.body.utf8), with: keys, at: time)
            #expect(headers.first(name: "authorization") == String(answer), "\(request), seed \(random.seed)")
        }
    }

    private static func request(_ random: inout SeededGenerator) -> SignedRequest {
        func pick(_ choices: [String]) -> String { choices.randomElement(using: &random) ?? "" }
        let host = pick(["h.test", "h.test:9009", "aps-workspaces.eu-west-1.amazonaws.com", "127.0.0.1:80"])
        let path = (0..<Int.random(in: 0...4, using: &random)).map { _ in
            "/" + pick(["a", "b%20c", "%C3%A4", "x~y", "..", ".", "a:b", "a,b"])
        }
        .joined()
        // botocore leaves parameters as they stand, so they stand encoded here.
        let names = ["a", "b", "long-name", "A", "x%20y"]
        let query = (0..<Int.random(in: 0...3, using: &random)).map { _ in pick(names) + "=" + pick(["", "1", "b%2Fc", "~", "%C3%A4"]) }
        var headers = ["Content-Type": pick(["text/plain", "application/x-protobuf;proto=io.prometheus.write.v2.Request"])]
        if Bool.random(using: &random) { headers["X-Custom"] = pick(["  a   b ", "c", "é"]) }
        if Bool.random(using: &random) { headers["User-Agent"] = "someone" }
        let body = pick(["", "x", String(repeating: "y", count: 5000)])
        // Prometheus signs the length, botocore where it is given.
        if !body.isEmpty { headers["Content-Length"] = "\(body.utf8.count)" }
        return SignedRequest(
            method: pick(["GET", "POST", "PUT"]),
            url: "http://\(host)\(path.isEmpty ? "/" : path)\(query.isEmpty ? "" : "?")\(query.joined(separator: "&"))",
            headers: headers, body: body, service: pick(["aps", "sts"]), region: pick(["us-east-1", "eu-central-1"]),
            token: Bool.random(using: &random) ? "session/token+x==" : nil)
    }
}
