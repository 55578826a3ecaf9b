internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// The servers that give tokens and keys, and how they are spoken to.
struct CredentialServers: Sendable {
    /// Servers on the network, by the proxy of the environment where there is one.
    private let far: OutboundClient
    /// What stands beside the process and answers at once or not at all: the metadata of the machine, the agent of its container.
    private let near: OutboundClient
    let environment: [String: String]

    init(
        far settings: HTTPClientSettings, userAgent: String, eventLoopGroup: any EventLoopGroup, threadPool: NIOThreadPool,
        environment: [String: String]
    ) throws(OutboundFailure) {
        self.environment = environment
        far = try OutboundClient(
            settings, userAgent: userAgent, usage: .occasional, eventLoopGroup: eventLoopGroup, threadPool: threadPool,
            environment: environment)
        near = try OutboundClient(
            HTTPClientSettings(followRedirects: false), userAgent: userAgent, usage: .occasional, connectMilliseconds: 1_000,
            eventLoopGroup: eventLoopGroup, threadPool: threadPool, environment: environment)
    }

    func send(_ request: OutboundRequest) async throws -> OutboundResponse {
        try await far.send(request, timeoutMilliseconds: 10_000)
    }

    func sendNear(_ request: OutboundRequest) async throws -> OutboundResponse {
        try await near.send(request, timeoutMilliseconds: 3_000)
    }

    /// Sends a form.
    func send(form fields: [(String, String)], to url: String, authorization: String? = nil) async throws -> OutboundResponse {
        var request = OutboundRequest(
            .POST, url, headers: ["content-type": "application/x-www-form-urlencoded"], body: Array(FormEncoding.fields(fields).utf8))
        if let authorization { request.headers.add(name: "authorization", value: authorization) }
        return try await send(request)
    }

    /// A variable of the environment; nil where it is not set, or empty.
    func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// The first of some variables that is set.
    func variable(anyOf names: String...) -> String? { names.lazy.compactMap { variable($0) }.first }

    /// The content of a small file that tokens or keys stand in, without white space around it.
    ///
    /// - Throws: ``OutboundFailure`` that names the file.
    func text(ofFile path: String) throws(OutboundFailure) -> String { try HTTPSecret.file(path: path).read() }

    func shutdown() async {
        await far.shutdown()
        await near.shutdown()
    }
}
