internal import NIOCore
internal import NIOHTTP1

/// A request to a receiver.
struct ReceiverRequest: Sendable {
    var method: HTTPMethod
    /// May hold a secret: it shows in no error and no record.
    var address: HTTPAddress
    var headers: [(name: String, value: String)]
    var body: [UInt8]?

    /// A POST of JSON.
    static func post(_ address: HTTPAddress, json: [UInt8], headers: [(name: String, value: String)] = []) -> ReceiverRequest {
        ReceiverRequest(method: .POST, address: address, headers: [("content-type", "application/json")] + headers, body: json)
    }
}

/// What a receiver answered.
struct ReceiverResponse: Sendable {
    var status: Int
    var headers: HTTPHeaders
    /// Its beginning, where it is long.
    var body: [UInt8]

    /// The most bytes that are read of an answer.
    static let bodyBytesMax = 65_536

    var text: String { String(decoding: body, as: UTF8.self) }
    var isJSON: Bool { headers.first(name: "content-type")?.lowercased().hasPrefix("application/json") ?? false }
}
