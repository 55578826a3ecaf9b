import Foundation
import PerchWire
import TestSupport
import Testing
import Tracing

@testable import PerchTracing

@Suite struct PropagationTests {
    private let traceID = "0af7651916cd43dd8448eb211c80319c"
    private let spanID = "00f067aa0ba902b7"

    private func extracted(_ headers: [String: String], _ propagators: [Propagator] = Propagator.allCases) -> InstrumentationContext {
        let tracer = tracer(CollectedSpans()) { $0.propagators = propagators }
        var context = InstrumentationContext.topLevel
        tracer.extract(headers, into: &context, using: Headers())
        return context
    }

    @Test(arguments: Propagator.allCases.filter { $0 != .baggage }, [true, false])
    func `what is written is read again`(propagator: Propagator, isSampled: Bool) {
        let tracer = tracer(CollectedSpans()) {
            $0.propagators = [propagator]
            $0.sampler = isSampled ? .always : .never
        }
        let span = tracer.startSpan("x")
        var headers: [String: String] = [:]
        tracer.inject(span.context, into: &headers, using: Headers())
        let found = extracted(headers, [propagator]).traceContext
        #expect(found?.identity == span.context.traceContext?.identity)
        #expect(found?.identity.isSampled == isSampled)
        #expect(found?.isRemote == true)
    }

    @Test(arguments: [
        ["traceparent": "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"],
        ["traceparent": "cc-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01-what-the-future-will-be-like"],
        ["b3": "0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-1-05e3ac9a4f6e3b90"],
        ["b3": "0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-d"],
        ["b3": "0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7"],
        ["X-B3-TraceId": "0AF7651916CD43DD8448EB211C80319C", "X-B3-SpanId": "00f067aa0ba902b7", "X-B3-Flags": "1"],
        ["uber-trace-id": "af7651916cd43dd8448eb211c80319c:f067aa0ba902b7:0:1"],
        ["uber-trace-id": "0af7651916cd43dd8448eb211c80319c%3A00f067aa0ba902b7%3A0%3A3"],
    ])
    func `all forms of the headers are read`(headers: [String: String]) {
        let identity = extracted(headers).traceContext?.identity
        #expect(identity?.traceID.description == traceID)
        #expect(identity?.spanID.description == spanID)
        #expect(identity?.isSampled == true)
    }

    @Test(arguments: [
        ["traceparent": "ff-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"],
        ["traceparent": "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01-extra"],
        ["traceparent": "00-0AF7651916CD43DD8448EB211C80319C-00f067aa0ba902b7-01"],
        ["traceparent": "00-00000000000000000000000000000000-00f067aa0ba902b7-01"],
        ["traceparent": "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"],
        ["traceparent": "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-0x"],
        ["b3": "0"], ["b3": "0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-2"],
        ["X-B3-TraceId": "0af7651916cd43dd8448eb211c80319c"],
        ["uber-trace-id": "0:f067aa0ba902b7:0:1"], ["uber-trace-id": "::::"],
    ])
    func `what is not well formed begins a new trace`(headers: [String: String]) {
        #expect(extracted(headers).traceContext == nil)
    }

    @Test func `tracestate is passed on with the trace, and cut to what the specification asks for`() {
        let parent = "00-\(traceID)-\(spanID)-01"
        let context = extracted(["traceparent": parent, "tracestate": " congo=t61rcWkgMzE , rojo=00f067aa0ba902b7,"])
        let tracer = tracer(CollectedSpans())
        var headers: [String: String] = [:]
        tracer.inject(tracer.startSpan("x", context: context).context, into: &headers, using: Headers())
        #expect(headers["tracestate"] == "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7")
        let many = (0..<50).map { "k\($0)=v" }.joined(separator: ",")
        #expect(TraceContextHeader.passedOn(many).split(separator: ",").count == 32)
        #expect(TraceContextHeader.passedOn("novalue") == "")
        #expect(TraceContextHeader.passedOn("a=\u{1}") == "")
    }

    @Test func `baggage travels, whatever its values hold`() {
        var baggage = Baggage()
        baggage["user"] = "Zoë, \"the\\first\"; 100%"
        baggage["no token!"] = "left out"
        baggage["plain"] = "v-1"
        let tracer = tracer(CollectedSpans())
        var context = InstrumentationContext.topLevel
        context.baggage = baggage
        var headers: [String: String] = [:]
        tracer.inject(context, into: &headers, using: Headers())
        #expect(headers["baggage"] == "user=Zo%C3%AB%2C%20%22the%5Cfirst%22%3B%20100%25,plain=v-1")
        #expect(extracted(headers).baggage == baggage)
        let foreign = extracted(["baggage": "k1 = v1;p=1;q , k2=a%2Cb , bad, =x , k3="]).baggage
        #expect(foreign.all.map(\.name) == ["k1", "k2", "k3"])
        #expect(foreign["k2"] == "a,b")
        #expect(foreign.all[0].entry == Baggage.Entry("v1", properties: "p=1;q"))
    }

    @Test func `no header of any bytes does harm`() {
        var generator = SeededGenerator(seed: .random(in: 0...1_000_000))
        let good = [
            "traceparent": "00-\(traceID)-\(spanID)-01", "tracestate": "a=1,b=2", "baggage": "a=1;x,b=%20", "b3": "\(traceID)-\(spanID)-1",
            "X-B3-TraceId": traceID, "X-B3-SpanId": spanID, "uber-trace-id": "\(traceID):\(spanID):0:1",
        ]
        for _ in 0..<3000 {
            var headers = good
            for (name, value) in good {
                var bytes = Array(value.utf8)
                switch Int.random(in: 0...3, using: &generator) {
                case 0: bytes.removeLast(Int.random(in: 0...bytes.count, using: &generator))
                case 1: bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
                case 2: bytes.append(contentsOf: generator.bytes(Int.random(in: 0...20, using: &generator)))
                default: bytes = generator.bytes(Int.random(in: 0...100, using: &generator))
                }
                headers[name] = String(decoding: bytes, as: UTF8.self)
            }
            let context = extracted(headers)
            let tracer = tracer(CollectedSpans()) { $0.propagators = Propagator.allCases }
            var out: [String: String] = [:]
            tracer.inject(context, into: &out, using: Headers())
            #expect(out.values.allSatisfy { $0.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f || $0 == 9 } }, "seed \(generator.seed)")
        }
    }
}
