internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOFoundationCompat
internal import NIOHTTP1
internal import ShopKit

/// Looks at and changes the faults of running services.
struct FaultClient: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let host: String
    let portBase: Int

    func state(of fault: FaultName) async throws -> FaultState? {
        let body = try await send(.GET, fault, "/faults", body: nil)
        return try decode([FaultState].self, body).first { $0.name == fault.rawValue }
    }

    func set(_ fault: FaultName, _ request: FaultRequest) async throws -> FaultState {
        let body = try JSONEncoder().encode(request)
        return try decode(FaultState.self, await send(.PUT, fault, "/faults/\(fault.rawValue)", body: ByteBuffer(bytes: body)))
    }

    func clear(_ fault: FaultName) async throws { _ = try await send(.DELETE, fault, "/faults/\(fault.rawValue)", body: nil) }

    private func send(_ method: HTTPMethod, _ fault: FaultName, _ path: String, body: ByteBuffer?) async throws -> ByteBuffer {
        let address = "http://\(host):\(portBase + fault.owner.offset)"
        var request = HTTPClientRequest(url: address + path)
        request.method = method
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(body)
        }
        let response: HTTPClientResponse
        do {
            response = try await LocalHTTP.client.execute(request, timeout: .seconds(5))
        } catch {
            throw Failure(description: "\(fault.owner.telemetryName) cannot be reached at \(address); does the shop run?")
        }
        let answer = try await response.body.collect(upTo: 1 << 20)
        guard response.status.code < 400 else {
            let detail = (try? JSONDecoder().decode(JSONValue.self, from: answer))?["detail"]?.text ?? "no details"
            throw Failure(description: "\(fault.owner.telemetryName) answered \(response.status.code): \(detail)")
        }
        return answer
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ body: ByteBuffer) throws -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return try decoder.decode(type, from: body)
    }
}
