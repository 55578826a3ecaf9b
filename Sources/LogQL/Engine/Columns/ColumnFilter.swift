internal import LabelMatching
internal import QueryModel
internal import TelemetryModel

/// Goes through the stages of a plan for all rows of a table at once.
struct ColumnFilter {
    /// What a stage makes of a row.
    private enum Outcome: UInt8 {
        case fails, passes
        /// It passes with an error, or that cannot be told from columns: the line has to be looked at.
        case isOpen
    }

    private let reader: TableReader
    private(set) var labels: LabelColumns
    private(set) var state = LabelColumns.State()
    /// Rows that passed all stages so far, without an error.
    private(set) var passed: RowMask
    /// Rows that may pass; who wants to know has to run the whole pipeline.
    private(set) var open: RowMask
    private var outcomes: [OutcomeKey: [UInt8]] = [:]
    private var testCount = 0

    private struct OutcomeKey: Hashable {
        var test: Int
        var column: Int
    }

    init(_ reader: TableReader) throws(QueryError) {
        self.reader = reader
        labels = try LabelColumns(reader)
        let rowCount = reader.frame.times.count
        passed = RowMask(rowCount: rowCount)
        open = RowMask(rowCount: rowCount)
        for run in reader.runs { passed.insert(contentsOf: run.rows) }
        if labels.mayHaveErrors { openAll() }
    }

    private mutating func openAll() {
        open.formUnion(passed)
        passed = RowMask(rowCount: reader.frame.times.count)
    }

    /// Leaves out all rows but some.
    mutating func keepOnly(_ rows: RowMask) {
        passed.formIntersection(rows)
        open.formIntersection(rows)
    }

    /// Leaves out the rows that passed, but for those whose lines pass as well.
    mutating func apply(_ tests: [LineTest]) throws(QueryError) -> Int {
        var bytesRead = 0
        var passing = RowMask(rowCount: reader.frame.times.count)
        for run in reader.runs {
            let all = passed.rows(in: run.rows)
            for start in stride(from: 0, to: all.count, by: ColumnFilter.batchRows) {
                try reader.budget.check()
                let rows = Array(all[start..<Swift.min(start + ColumnFilter.batchRows, all.count)])
                let lines = try reader.table.lines(of: rows, budget: reader.budget)
                bytesRead += lines.bytes.count
                lines.bytes.withUnsafeBytes { bytes in
                    for index in rows.indices {
                        let line = UnsafeRawBufferPointer(rebasing: bytes[lines.range(index)])
                        if tests.allSatisfy({ $0.passes(line) }) { passing.insert(Int(rows[index])) }
                    }
                }
            }
        }
        passed = passing
        return bytesRead
    }

    private static let batchRows = 8192

    /// Takes rows out of those that passed: their lines have to be looked at.
    mutating func open(_ rows: Range<Int>) {
        open.insert(passed, in: rows)
        passed.remove(contentsOf: rows)
    }

    mutating func run(_ plan: ColumnPlan) throws(QueryError) {
        for step in plan.steps where !passed.isEmpty {
            switch step {
            case .filter(let test): try apply(test)
            case .parse: try parse()
            case .drop(let names): state.dropped += names
            case .keep(let names): state.kept = state.kept.map { kept in kept.filter { names.contains($0) } } ?? names
            }
        }
        if !plan.isComplete { openAll() }
    }

    /// From here on rows have the labels of the leaves of their lines.
    private mutating func parse() throws(QueryError) {
        guard try labels.loadDocuments(), let documents = labels.documents else { return openAll() }
        state.isParsed = true
        var isText = RowMask(rowCount: reader.frame.times.count)
        // Of each shape, text first, whether its rows have to be looked at as text.
        let asText = [true] + documents.shapes.indices.map { !labels.isReadable(Int32($0)) }
        documents.rowShapes.withUnsafeBufferPointer { shapes in
            for run in reader.runs { for row in run.rows where asText[Int(shapes[row]) + 1] { isText.insert(row) } }
        }
        isText.formIntersection(passed)
        passed.subtract(isText)
        open.formUnion(isText)
    }

    private mutating func apply(_ test: LabelTest) throws(QueryError) {
        let (passes, isOpen) = try rows(test, among: passed)
        passed = passes
        open.formUnion(isOpen)
    }

    // MARK: Tests

    private mutating func rows(_ test: LabelTest, among mask: RowMask) throws(QueryError) -> (passes: RowMask, isOpen: RowMask) {
        switch test {
        case .both(let left, let right):
            let (leftPasses, leftOpen) = try rows(left, among: mask)
            let (rightPasses, rightOpen) = try rows(right, among: leftPasses.union(leftOpen))
            var passes = leftPasses
            passes.formIntersection(rightPasses)
            var isOpen = rightPasses.union(rightOpen)
            isOpen.subtract(passes)
            return (passes, isOpen)
        case .either(let left, let right):
            let (leftPasses, leftOpen) = try rows(left, among: mask)
            var rest = mask
            rest.subtract(leftPasses)
            rest.subtract(leftOpen)
            let (rightPasses, rightOpen) = try rows(right, among: rest)
            return (leftPasses.union(rightPasses), leftOpen.union(rightOpen))
        case .equal(let label, _, _), .matches(let label, _), .address(let label, _, _), .converted(let label, _, _):
            testCount += 1
            return try rows(test, label, among: mask)
        }
    }

    /// The rows by a test of one label.
    private mutating func rows(
        _ test: LabelTest, _ label: [UInt8], among mask: RowMask
    ) throws(QueryError) -> (passes: RowMask, isOpen: RowMask) {
        var passes = RowMask(rowCount: reader.frame.times.count)
        var isOpen = passes
        for run in reader.runs where !mask.isEmpty(in: run.rows) {
            try reader.budget.check()
            let sources = try sources(label, stream: run.stream)
            if sources.count == 1 {
                try insert(test, sources[0], run, among: mask, &passes, &isOpen)
            } else {
                try insert(test, sources, run, among: mask, &passes, &isOpen)
            }
        }
        return (passes, isOpen)
    }

    /// The sources of a label by shape; one where shapes do not matter.
    mutating func sources(_ label: [UInt8], stream: Int) throws(QueryError) -> [LabelColumns.Source] {
        var sources: [LabelColumns.Source] = []
        for shape in 0..<shapeCount {
            sources.append(try labels.source(label, stream: stream, shape: shape, state))
        }
        return Set(sources).count == 1 ? [sources[0]] : sources
    }

    mutating func source(_ label: [UInt8], stream: Int, shape: Int) throws(QueryError) -> LabelColumns.Source {
        try labels.source(label, stream: stream, shape: shape, state)
    }

    mutating func allSources(stream: Int) throws(QueryError) -> [(name: [UInt8], source: LabelColumns.Source)]? {
        try labels.allSources(stream: stream, state)
    }

    /// How many shapes the lines have that passed; 1 where these do not matter.
    var shapeCount: Int { state.isParsed ? labels.documents?.shapes.count ?? 1 : 1 }

    private mutating func insert(
        _ test: LabelTest, _ source: LabelColumns.Source, _ run: TableReader.Run, among mask: RowMask, _ passes: inout RowMask,
        _ isOpen: inout RowMask
    ) throws(QueryError) {
        guard case .column(let column) = source else {
            switch constantOutcome(test, source, stream: run.stream) {
            case .fails: break
            case .passes: passes.insert(mask, in: run.rows)
            case .isOpen: isOpen.insert(mask, in: run.rows)
            }
            return
        }
        let table = outcomes(test, column: column)
        labels.columns[column].codes.withUnsafeBufferPointer { codes in
            table.withUnsafeBufferPointer { table in
                ColumnFilter.insert(run.rows, among: mask, &passes, &isOpen) { table[Int(codes[$0]) + 1] }
            }
        }
    }

    private mutating func insert(
        _ test: LabelTest, _ sources: [LabelColumns.Source], _ run: TableReader.Run, among mask: RowMask, _ passes: inout RowMask,
        _ isOpen: inout RowMask
    ) throws(QueryError) {
        // Of each shape its column, and what the values of that mean; -1 and one outcome where there is no column.
        var places: [Int] = []
        var tables: [[UInt8]] = []
        for source in sources {
            if case .column(let column) = source {
                places.append(column)
                tables.append(outcomes(test, column: column))
            } else {
                places.append(-1)
                tables.append([constantOutcome(test, source, stream: run.stream).rawValue])
            }
        }
        guard let shapes = labels.documents?.rowShapes else { return }
        let columns = labels.columns
        ColumnFilter.insert(run.rows, among: mask, &passes, &isOpen) { row in
            let shape = Int(shapes[row])
            return places[shape] < 0 ? tables[shape][0] : tables[shape][Int(columns[places[shape]].codes[row]) + 1]
        }
    }

    @inline(__always)
    private static func insert(
        _ rows: Range<Int>, among mask: RowMask, _ passes: inout RowMask, _ isOpen: inout RowMask, _ outcome: (Int) -> UInt8
    ) {
        for word in RowMask.words(of: rows) {
            var rest = mask.words[word] & RowMask.bits(of: rows, inWord: word)
            var (passing, open): (UInt64, UInt64) = (0, 0)
            while rest != 0 {
                let bit = UInt64(rest.trailingZeroBitCount)
                rest &= rest - 1
                let outcome = outcome(word * 64 + Int(bit))
                passing |= UInt64(outcome & 1) << bit
                open |= UInt64(outcome >> 1) << bit
            }
            passes.insert(bits: passing, inWord: word)
            isOpen.insert(bits: open, inWord: word)
        }
    }

    // MARK: Outcomes

    private func constantOutcome(_ test: LabelTest, _ source: LabelColumns.Source, stream: Int) -> Outcome {
        switch source {
        case .absent: return ColumnFilter.outcome(test, nil)
        case .stream(let range): return labels.withStreamValue(range, stream: stream) { ColumnFilter.outcome(test, $0) }
        case .column, .unknown: return .isOpen
        }
    }

    /// What each value of a column means, the absent one first.
    private mutating func outcomes(_ test: LabelTest, column: Int) -> [UInt8] {
        let key = OutcomeKey(test: testCount, column: column)
        if let known = outcomes[key] { return known }
        let values = labels.columns[column].values
        var table = [ColumnFilter.outcome(test, nil).rawValue]
        table.reserveCapacity(values.count + 1)
        values.bytes.withUnsafeBytes { bytes in
            for value in 0..<values.count {
                table.append(ColumnFilter.outcome(test, UnsafeRawBufferPointer(rebasing: bytes[values.range(value)])).rawValue)
            }
        }
        outcomes[key] = table
        return table
    }

    /// - Parameter value: nil where the label is absent.
    private static func outcome(_ test: LabelTest, _ value: UnsafeRawBufferPointer?) -> Outcome {
        let text = value ?? UnsafeRawBufferPointer(start: nil, count: 0)
        let passes: Bool
        switch test {
        case .equal(_, let wanted, let isNegated): passes = (text.count == wanted.count && text.elementsEqual(wanted)) != isNegated
        case .matches(_, let matcher): passes = matcher.matches(text)
        case .address(_, let pattern, let isNegated): passes = value != nil && pattern.matches(text) != isNegated
        case .converted(_, let conversion, let comparison):
            guard value != nil else { return .fails }
            do throws(ConversionFault) {
                passes = try LabelTest.holds(conversion, comparison, text)
            } catch {
                return .isOpen
            }
        case .both, .either: return .isOpen
        }
        return passes ? .passes : .fails
    }
}
