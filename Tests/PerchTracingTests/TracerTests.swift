import PerchWire
import Testing
import Tracing

@testable import PerchTracing

private struct Failure: Error {}

@Suite struct TracerTests {
    private let spans = CollectedSpans()

    @Test func `spans within spans share a trace and name their parents`() {
        let tracer = tracer(spans)
        tracer.withSpan("outer", ofKind: .server) { _ in
            tracer.withSpan("inner") { span in
                span.attributes["k"] = "v"
                #expect(CurrentSpan.identity() == span.context.traceContext?.identity)
            }
        }
        let all = spans.all
        #expect(all.map(\.name) == ["inner", "outer"])
        #expect(all[0].traceID == all[1].traceID)
        #expect(all[0].parent?.identity.spanID == all[1].spanID)
        #expect(all[1].parent == nil)
        #expect(all[1].kind == .server)
        #expect(all[0].attributes.get("k") == .string("v"))
        #expect(all[0].end >= all[0].start && all[0].start >= all[1].start)
        #expect(CurrentSpan.identity() == nil)
    }

    @Test func `an error becomes a status, an event and its type`() {
        let tracer = tracer(spans)
        #expect(throws: Failure.self) { try tracer.withSpan("work") { _ in throw Failure() } }
        let span = spans.all[0]
        #expect(span.status?.code == .error)
        #expect(span.events.map(\.name) == ["exception"])
        #expect(span.events[0].attributes.get("exception.message") == .string("Failure()"))
        #expect(span.attributes.get("error.type") != nil)
    }

    @Test func `a success that was stated stays, and nothing changes after the end`() {
        let tracer = tracer(spans)
        let span = tracer.startSpan("work")
        span.setStatus(SpanStatus(code: .ok))
        span.setStatus(SpanStatus(code: .error))
        #expect(span.isRecording)
        span.end()
        span.end()
        span.attributes["late"] = 1
        span.operationName = "late"
        #expect(!span.isRecording)
        #expect(spans.all.count == 1)
        #expect(spans.all[0].status?.code == .ok)
        #expect(spans.all[0].attributes.isEmpty)
        #expect(spans.all[0].name == "work")
    }

    @Test func `what is beyond the limits is dropped and counted`() {
        let tracer = tracer(spans) {
            $0.limits.attributesMax = 3
            $0.limits.eventsMax = 2
            $0.limits.linksMax = 1
            $0.limits.attributesPerEventMax = 1
        }
        let span = tracer.startSpan("work")
        span.attributes = ["a": 1, "b": 2]
        span.updateAttributes { attributes in for name in ["e", "d", "c"] { attributes[name] = 3 } }
        span.attributes["z"] = 1
        for index in 0..<5 { span.addEvent(SpanEvent(name: "\(index)", attributes: ["x": 1, "y": 2])) }
        for _ in 0..<3 { span.addLink(SpanLink(context: span.context, attributes: [:])) }
        span.end()
        let finished = spans.all[0]
        var names: [String] = []
        finished.attributes.forEach { name, _ in names.append(name) }
        #expect(names.sorted() == ["a", "b", "c"])
        #expect(finished.droppedAttributes == 3)
        #expect(finished.events.map(\.name) == ["0", "1"])
        #expect(finished.events[0].attributes.count == 1)
        #expect(finished.droppedEvents == 3)
        #expect(finished.droppedLinks == 2)
    }

    @Test func `nothing is recorded or passed on while telemetry is suppressed`() async {
        let tracer = tracer(spans)
        await tracer.withSpan("outer") { _ in
            await InstrumentationContext.withTelemetrySuppressed {
                tracer.withSpan("export") { span in
                    #expect(!span.isRecording)
                    var headers: [String: String] = [:]
                    tracer.inject(span.context, into: &headers, using: Headers())
                    #expect(headers.isEmpty)
                }
            }
        }
        #expect(spans.names == ["outer"])
    }

    @Test func `a span that is left out still carries its trace on`() {
        let tracer = tracer(spans) { $0.sampler = .parentBased(.never) }
        tracer.withSpan("outer") { outer in
            tracer.withSpan("inner") { inner in
                #expect(!inner.isRecording)
                #expect(inner.context.traceContext?.identity.traceID == outer.context.traceContext?.identity.traceID)
                #expect(inner.context.traceContext?.identity.isSampled == false)
            }
        }
        #expect(spans.all.isEmpty)
    }

    @Test func `the active span is found again`() {
        let tracer = tracer(spans)
        tracer.withSpan("outer") { _ in
            tracer.activeSpan(identifiedBy: .current ?? .topLevel)?.attributes["found"] = true
        }
        #expect(spans.all[0].attributes.get("found") == .bool(true))
        #expect(tracer.activeSpan(identifiedBy: .topLevel) == nil)
    }

    @Test func `names of spans and traces are not given twice`() {
        let ids = RandomIDs()
        var seen: Set<TraceID> = []
        for _ in 0..<10_000 { seen.insert(ids.traceID()) }
        #expect(seen.count == 10_000)
        #expect(seen.reduce(0) { $0 | $1.high } == .max)
    }

    @Test func `a full queue drops the newest spans and counts them, and tells of a batch once`() {
        let told = Counter()
        let queue = SpanQueue(spansMax: 5, batchSize: 3)
        queue.onBatch { told.add() }
        let tracer = PerchTracer(sink: queue)
        for index in 0..<8 { tracer.startSpan("\(index)").end() }
        #expect(queue.droppedSpans == 3)
        #expect(told.value == 1)
        #expect(queue.takeBatch().map(\.name) == ["0", "1", "2"])
        #expect(queue.takeBatch().map(\.name) == ["3", "4"])
        #expect(queue.takeBatch().isEmpty)
    }
}
