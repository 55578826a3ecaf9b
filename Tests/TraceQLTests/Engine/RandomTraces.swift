internal import TelemetryModel
internal import TestSupport
internal import TraceQL

/// Random traces and random queries about them.
struct RandomTraces {
    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    private mutating func pick<Element>(_ elements: [Element]) -> Element { elements[Int.random(in: 0..<elements.count, using: &random)] }

    private mutating func happens(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    private mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }

    // MARK: Traces

    mutating func batch(traces: Int, firstID: Int = 1) -> SpanBatch {
        var batch = SpanBatch()
        for place in 0..<3 {
            var resource = ResourceRecord()
            if place > 0 { resource.attributes.append(Attribute("service.name", .string("service-\(place)"))) }
            resource.attributes += attributes(["a", "t"])
            batch.resources.append(resource)
            var scope = ScopeRecord()
            scope.name = place == 0 ? "" : "lib-\(place)"
            scope.attributes = attributes(["s"])
            batch.scopes.append(scope)
        }
        for trace in 0..<traces {
            let id = TraceID(high: 0, low: UInt64(firstID + trace))
            let count = number(1..<9)
            for place in 0..<count {
                var span = SpanRecord(traceID: id, spanID: SpanID(UInt64(place + 1)))
                if place > 0 || happens(10) {
                    // Mostly a span that comes before, at times one that does not exist.
                    span.parentSpanID = SpanID(happens(90) && place > 0 ? UInt64(number(1..<place + 1)) : 99)
                }
                span.name = pick(["get", "put", "pay"])
                span.kind = SpanKind(rawValue: Int32(number(0..<6)))
                span.statusCode = SpanStatusCode(rawValue: Int32(number(0..<3)))
                if span.statusCode == .error && happens(50) { span.statusMessage = "broken" }
                span.start = UInt64(1_000_000 + number(0..<1000))
                span.end = span.start + UInt64(number(0..<500))
                span.attributes = attributes(["a", "b", "n", "t", "x"])
                for _ in 0..<(happens(30) ? number(1..<4) : 0) {
                    var event = SpanEvent(time: span.start + UInt64(number(0..<100)), name: pick(["retry", "error"]))
                    event.attributes = attributes(["n", "e"])
                    span.events.append(event)
                }
                for _ in 0..<(happens(20) ? number(1..<3) : 0) {
                    var link = SpanLink(traceID: id, spanID: SpanID(1))
                    link.attributes = attributes(["n"])
                    span.links.append(link)
                }
                (span.resource, span.scope) = (number(0..<3), number(0..<3))
                batch.spans.append(span)
            }
        }
        return batch
    }

    /// `n` is an int or missing, `x` a float; `a` is of any type, `t` an array or a text.
    private mutating func attributes(_ names: [String]) -> [Attribute] {
        names.compactMap { name in
            if happens(40) { return nil }
            switch name {
            case "n": return Attribute(name, .int(Int64(number(-2..<5))))
            case "x": return Attribute(name, .double(Double(number(-4..<5)) / 2))
            case "b": return Attribute(name, .bool(happens(50)))
            case "t":
                return happens(50)
                    ? Attribute(name, .array([.string(pick(["u", "v"])), .string(pick(["v", "w"]))])) : Attribute(name, .string("v"))
            case "a":
                switch number(0..<5) {
                case 0: return Attribute(name, .int(Int64(number(0..<3))))
                case 1: return Attribute(name, .double(Double(number(0..<3))))
                case 2: return Attribute(name, .bool(happens(50)))
                case 3: return Attribute(name, .array([.int(1), .int(Int64(number(0..<4)))]))
                default: return Attribute(name, .string(pick(["u", "v"])))
                }
            default: return Attribute(name, .string(pick(["u", "v", "w"])))
            }
        }
    }

    // MARK: Queries

    private mutating func field() -> TraceField {
        let scopes: [AttributeScope?] = [nil, .span, .resource]
        switch number(0..<16) {
        case 0...3: return .attribute(pick(scopes), pick(["a", "n", "t"]))
        case 4: return .attribute(.event, pick(["n", "e"]))
        case 5: return .attribute(.link, "n")
        case 6: return .attribute(.instrumentation, "s")
        case 7: return .attribute(.resource, "service.name")
        default:
            return .intrinsic(
                pick([
                    .name, .duration, .status, .kind, .statusMessage, .childCount, .rootName, .rootServiceName, .traceDuration, .eventName,
                    .eventTimeSinceStart, .instrumentationName, .parentID, .spanID,
                ]))
        }
    }

    private mutating func literal(for field: TraceField) -> TraceValue {
        switch field {
        case .intrinsic(.status): return .status(pick(StatusWord.allCases))
        case .intrinsic(.kind): return .kind(pick(KindWord.allCases))
        case .intrinsic(.duration), .intrinsic(.traceDuration), .intrinsic(.eventTimeSinceStart):
            return happens(70)
                ? .duration(Int64(number(0..<400))) : happens(50) ? .int(Int64(number(0..<400))) : .float(Double(number(0..<800)) / 2)
        case .intrinsic(.childCount): return .int(Int64(number(0..<3)))
        case .intrinsic(.name), .intrinsic(.rootName): return .string(pick(["get", "put", "pay", ""]))
        case .intrinsic(.rootServiceName), .attribute(.resource, "service.name"): return .string(pick(["service-1", "service-2", ""]))
        case .intrinsic(.eventName): return .string(pick(["retry", "error"]))
        case .intrinsic(.spanID), .intrinsic(.parentID): return .string(SpanID(UInt64(number(0..<4))).hexadecimal)
        case .intrinsic: return .string(pick(["", "broken", "lib-1"]))
        default:
            switch number(0..<5) {
            case 0, 1: return .int(Int64(number(-2..<4)))
            case 2: return .float(Double(number(-2..<4)) / 2)
            case 3: return .bool(happens(50))
            default: return .string(pick(["u", "v", "w"]))
            }
        }
    }

    mutating func condition(_ depth: Int = 0) -> FieldExpression {
        if depth < 3 {
            switch number(0..<10) {
            case 0, 1: return .all(list(depth))
            case 2, 3: return .any(list(depth))
            case 4: return .not(condition(depth + 1))
            default: break
            }
        }
        let field = field()
        switch number(0..<12) {
        case 0: return .exists(.field(field))
        case 1:
            if case .attribute(let scope, let name) = field, name != "service.name" { return .isMissing(.field(.attribute(scope, name))) }
            return .exists(.field(field))
        case 2: return .field(.attribute(.span, "b"))
        case 3:
            let operation = pick([ArithmeticOperator.add, .subtract, .multiply, .divide, .modulo])
            let left = FieldExpression.arithmetic(operation, .field(.attribute(.span, "n")), .literal(.int(Int64(number(0..<3)))))
            return .comparison(pick([.equal, .less, .greaterOrEqual]), left, .literal(.int(Int64(number(-2..<4)))))
        case 4:
            return .comparison(
                pick([.equal, .notEqual, .less]), .field(.attribute(.span, "n")), .field(.attribute(pick([.event, .span]), "x")))
        case 5: return .comparison(pick([.matches, .doesNotMatch]), .field(.attribute(nil, "t")), .literal(.string(pick(["v.*", ".*"]))))
        default:
            let literal = literal(for: field)
            let operations: [ComparisonOperator] =
                switch literal {
                case .bool, .status, .kind: [.equal, .notEqual]
                default: [.equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual]
                }
            return .comparison(pick(operations), .field(field), .literal(literal))
        }
    }

    private mutating func list(_ depth: Int) -> [FieldExpression] {
        var list = (0..<number(2..<4)).map { _ in condition(depth + 1) }
        // Refusals of one field in a row mean something of their own for arrays, and are tested apart.
        if let first = refusedField(list[0]), refusedField(list[1]) == first { list[1] = .exists(.field(.intrinsic(.name))) }
        return list
    }

    private func refusedField(_ condition: FieldExpression) -> TraceField? {
        if case .comparison(let operation, .field(let field), _) = condition, operation == .notEqual || operation == .doesNotMatch {
            return field
        }
        return nil
    }

    mutating func spanset(_ depth: Int = 0) -> SpansetExpression {
        if depth < 2 && happens(40) { return .operation(pick(SpansetOperator.allCases), spanset(depth + 1), spanset(depth + 1)) }
        return .filter(happens(20) ? .literal(.bool(true)) : condition())
    }

    mutating func stages() -> [PipelineStage] {
        var stages: [PipelineStage] = [.spanset(spanset())]
        if happens(20) { stages.append(.spanset(spanset())) }
        if happens(30) { stages.append(.group(.field(field()))) }
        if happens(40) {
            let aggregate: SpansetAggregate =
                happens(40)
                ? .count
                : .of(
                    pick([.max, .min, .sum, .avg]), .field(pick([.intrinsic(.duration), .attribute(.span, "n"), .attribute(.span, "x")])))
            stages.append(.filter(aggregate, pick([.greater, .lessOrEqual, .equal, .notEqual]), .int(Int64(number(0..<3)))))
        }
        if happens(20) { stages.append(.spanset(.filter(condition()))) }
        return stages
    }

    mutating func metrics() -> MetricsAggregate {
        let numbers: [TraceField] = [.intrinsic(.duration), .attribute(.span, "n"), .attribute(nil, "x"), .attribute(.event, "n")]
        let function: MetricsAggregate.Function =
            switch number(0..<6) {
            case 0: .rate
            case 1: .countOverTime
            case 2: .minOverTime(pick(numbers))
            case 3: .maxOverTime(pick(numbers))
            case 4: .sumOverTime(pick(numbers))
            default: .avgOverTime(pick(numbers))
            }
        return MetricsAggregate(function, by: (0..<number(0..<4)).map { _ in field() })
    }
}
