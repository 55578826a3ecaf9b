internal import QueryModel
internal import TelemetryModel

/// Counts the values of all attributes of the spans of one table, for `compare()`.
struct ComparisonCounter {
    let grid: IntervalGrid
    let reader: TableReader
    let rows: RowMask
    let condition: FieldExpression
    /// Nanoseconds; 0 for no limit.
    let start: Int64
    let end: Int64

    private static let intrinsics: [Intrinsic] = [
        .name, .status, .statusMessage, .kind, .childCount, .rootName, .rootServiceName, .eventName, .instrumentationName,
        .instrumentationVersion,
    ]

    /// Of a field with more values than this the most frequent ones of each table are counted, and the others only in the total.
    private static let valuesMax = 1000

    /// A span that counts: its row, its interval, and on which side it is.
    private struct Member {
        var row: Int32
        var interval: Int32
        /// 1 for the selection.
        var side: Int32
    }

    func tally() throws(QueryError) -> ComparisonTally {
        var tally = ComparisonTally()
        if rows.isEmpty { return tally }
        var selected = try ConditionEvaluator(reader: reader).rows(Condition(condition), within: rows)
        let starts = reader.frame.starts
        if start > 0, end > 0 {
            let (first, last) = (UInt64(start), UInt64(end))
            selected = selected.filtered { starts[$0] > first && starts[$0] <= last }
        }
        var members: [Member] = []
        rows.forEach { row in
            guard let interval = grid.interval(starts[row]) else { return }
            members.append(Member(row: Int32(row), interval: Int32(interval), side: selected.contains(row) ? 1 : 0))
        }
        if members.isEmpty { return tally }
        for field in try fields() {
            try reader.budget.check()
            try count(field, members, &tally)
        }
        return tally
    }

    private func fields() throws(QueryError) -> [TraceField] {
        var fields: [TraceField] = ComparisonCounter.intrinsics.map { .intrinsic($0) }
        for owner in AttributeOwner.allCases {
            for name in try reader.table.attributeNames(of: owner, budget: reader.budget) {
                fields.append(.attribute(AttributeScope(owner), name))
            }
        }
        return fields
    }

    /// A value that a member has.
    private struct Sighting {
        var member: Member
        /// Among the values of the field.
        var place: Int32
    }

    private func count(_ field: TraceField, _ members: [Member], _ tally: inout ComparisonTally) throws(QueryError) {
        var sightings: [Sighting] = []
        var values: [TraceValue] = []
        switch try reader.column(field) {
        case .absent: return
        case .coded(let column):
            // Rows without a value come first.
            values = (-1..<Int32(column.stored.count)).map { column.value($0) }
            sightings = members.map { Sighting(member: $0, place: column.codes[Int($0.row)] + 1) }
        case .multiple(let starts, let column):
            values = column.stored.indices.map { column.value(Int32($0)) }
            for member in members {
                for place in starts[Int(member.row)]..<starts[Int(member.row) + 1] {
                    sightings.append(Sighting(member: member, place: column.codes[Int(place)]))
                }
            }
        case let column:
            var places: [TraceValue: Int32] = [:]
            for member in members {
                let value = column.value(Int(member.row))
                let place = places[value] ?? Int32(values.count)
                if place == values.count {
                    places[value] = place
                    values.append(value)
                }
                sightings.append(Sighting(member: member, place: place))
            }
        }
        count(QueryPrinter.field(field), values, sightings, &tally)
    }

    /// Counts by places in `values`: all first, then those that are told by interval.
    private func count(_ name: String, _ values: [TraceValue], _ sightings: [Sighting], _ tally: inout ComparisonTally) {
        let exists = values.map { !$0.isNone }
        var totals = [Double](repeating: 0, count: 2 * grid.count)
        var counts = [Int](repeating: 0, count: 2 * values.count)
        for sighting in sightings where exists[Int(sighting.place)] {
            let side = Int(sighting.member.side)
            totals[side * grid.count + Int(sighting.member.interval)] += 1
            counts[side * values.count + Int(sighting.place)] += 1
        }
        // The place of each value that is told, on each side.
        var slots = [Int](repeating: -1, count: counts.count)
        var told: [Int] = []
        for side in 0..<2 {
            var found = (side * values.count..<(side + 1) * values.count).filter { counts[$0] > 0 }
            if found.isEmpty { continue }
            tally.add(
                ComparisonTally.Key(isSelection: side == 1, field: name, value: nil),
                Array(totals[side * grid.count..<(side + 1) * grid.count]))
            if found.count > ComparisonCounter.valuesMax {
                found.sort { counts[$0] > counts[$1] }
                found.removeLast(found.count - ComparisonCounter.valuesMax)
            }
            for place in found {
                slots[place] = told.count
                told.append(place)
            }
        }
        var cells = [Double](repeating: 0, count: told.count * grid.count)
        for sighting in sightings {
            let slot = slots[Int(sighting.member.side) * values.count + Int(sighting.place)]
            if slot >= 0 { cells[slot * grid.count + Int(sighting.member.interval)] += 1 }
        }
        for (slot, place) in told.enumerated() {
            let key = ComparisonTally.Key(isSelection: place >= values.count, field: name, value: values[place % values.count].asLabel)
            tally.add(key, Array(cells[slot * grid.count..<(slot + 1) * grid.count]))
        }
    }
}

extension AttributeScope {
    init(_ owner: AttributeOwner) {
        switch owner {
        case .span: self = .span
        case .resource: self = .resource
        case .scope: self = .instrumentation
        case .event: self = .event
        case .link: self = .link
        }
    }

    var owner: AttributeOwner {
        switch self {
        case .span: .span
        case .resource: .resource
        case .instrumentation: .scope
        case .event: .event
        case .link: .link
        }
    }
}
