internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOFoundationCompat
internal import NIOHTTP1
internal import ShopKit
internal import Synchronization
internal import TestSupport

@testable import shop

/// The program `shop`, running as a process of its own.
final class RunningShop: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let firstPort: Int
    private let process: Process
    private let said = Mutex<(text: String, isComplete: Bool)>(("", false))

    /// Starts the program.
    init(_ arguments: [String], firstPort: Int = 0, environment: [String: String] = [:]) throws {
        self.firstPort = firstPort
        process = Process()
        process.executableURL = TestProgram("shop").path
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment
            .merging(["OTEL_TRACES_EXPORTER": "none", "SHOP_PASSWORD_COST": "10", "SHOP_REQUEST_BUDGET_MS": "60000"]) { $1 }
            .merging(environment) { $1 }
        let errors = Pipe()
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        errors.fileHandleForReading.readabilityHandler = { [weak self] handle in
            let data = handle.availableData
            if data.isEmpty { handle.readabilityHandler = nil }
            self?.said.withLock { said in
                said.text += String(decoding: data, as: UTF8.self)
                said.isComplete = data.isEmpty
            }
        }
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// Opens a shop, all services, on eight free ports in a row.
    static func open(in folder: String) async throws -> RunningShop {
        let firstPort = try FreePorts.first(of: 8)
        let shop = try RunningShop(
            ["up", "--port-base", "\(firstPort)", "--data-dir", folder + "/data", "--log-dir", folder + "/logs"], firstPort: firstPort)
        let end = ContinuousClock.now + .seconds(90)
        while !shop.printed.contains("The shop is open") {
            guard shop.isRunning, ContinuousClock.now < end else { throw Failure(description: "the shop does not open: \(shop.printed)") }
            try await Task.sleep(for: .milliseconds(50))
        }
        return shop
    }

    /// What was said on standard error.
    var printed: String { said.withLock { $0.text } }
    var isRunning: Bool { process.isRunning }

    func send(signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits for the end, and for the last that was said. Services may go on for a moment, and have the other end of the pipe as well.
    func status() async throws -> Int32 {
        while process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
        let end = ContinuousClock.now + .seconds(5)
        while !said.withLock({ $0.isComplete }), ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(5)) }
        return process.terminationStatus
    }

    /// Asks a service.
    ///
    /// - Returns: the status and what was answered; nil where there is no answer.
    func ask(
        _ service: ServiceName, _ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil, token: String? = nil
    ) async throws -> (status: Int, json: JSONValue)? {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(firstPort + service.offset)\(path)")
        request.method = method
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(body)))
        }
        guard let response = try? await LocalHTTP.client.execute(request, timeout: .seconds(90)) else { return nil }
        let answer = try await response.body.collect(upTo: 1 << 20)
        return (Int(response.status.code), (try? JSONDecoder().decode(JSONValue.self, from: answer)) ?? .null)
    }
}
