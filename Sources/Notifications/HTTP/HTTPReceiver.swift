internal import ByteCoding
internal import NIOCore
internal import NIOPosix
internal import OutboundHTTP

/// Sends notifications through one integration.
protocol IntegrationSender: Sendable {
    /// - Returns: what the receiver answered, one line for people.
    func send(_ delivery: Delivery) async throws(DeliveryFailure) -> String
}

/// A service that is told over HTTP.
protocol HTTPReceiver: Sendable {
    var http: HTTPClientSettings { get }

    /// What is sent, in order; the record is written too. May read files.
    func requests(_ delivery: Delivery) throws(DeliveryFailure) -> [ReceiverRequest]

    /// Whether the answer to a request means that it was taken.
    func check(_ response: ReceiverResponse, now: Int64) throws(DeliveryFailure)
}

extension HTTPReceiver {
    func check(_ response: ReceiverResponse, now: Int64) throws(DeliveryFailure) { try RetryPolicy().check(response, now: now) }
}

/// Carries out what a service over HTTP asks for.
struct HTTPSender: IntegrationSender {
    let receiver: any HTTPReceiver
    let client: ReceiverClient

    func send(_ delivery: Delivery) async throws(DeliveryFailure) -> String {
        let requests: [ReceiverRequest]
        do {
            requests = try await NIOThreadPool.singleton.runIfActive { try receiver.requests(delivery) }
        } catch {
            throw ConnectionFailure.of(error)
        }
        var status = 0
        for request in requests {
            let response = try await client.execute(request, receiver.http, delivery)
            try receiver.check(response, now: WallClock.milliseconds)
            status = response.status
        }
        return "the receiver answered with HTTP status \(status)"
    }
}

extension JSONTextWriter {
    /// A member that is left out where it is empty.
    mutating func optional(_ name: String, _ text: String) { if !text.isEmpty { member(name, text) } }

    mutating func member(_ name: String, _ text: String) {
        self.name(name)
        value(text)
    }

    mutating func object(_ name: String, _ body: (inout JSONTextWriter) throws(DeliveryFailure) -> Void) throws(DeliveryFailure) {
        self.name(name)
        beginObject()
        try body(&self)
        endObject()
    }

    /// A JSON object.
    static func object(_ body: (inout JSONTextWriter) throws(DeliveryFailure) -> Void) throws(DeliveryFailure) -> [UInt8] {
        var writer = JSONTextWriter()
        writer.beginObject()
        try body(&writer)
        writer.endObject()
        return writer.bytes
    }
}
