internal import TelemetryModel

/// Which rows a waterfall has: all spans of a small trace; of a large one those that say the most, with a row for what is folded.
///
/// - Many siblings of one service and name, as a query in a loop makes them, become the first, the longest, and a row for the others.
/// - A tree with more rows than are wanted is cut at the depth at which they suffice, and where one span has more children than there are
///   rows, the longest are taken.
/// - Spans with errors, and the spans above them, are shown wherever they are (twenty of them; more are counted).
struct WaterfallPlan: Sendable {
    struct Options: Sendable, Hashable {
        /// Everything is shown.
        var isAll = false
        /// How many levels are shown, the roots being the first; nil for what suits.
        var levels: Int?
        /// How many rows are wanted.
        var rowsMax = 100
    }

    enum Content: Sendable, Hashable {
        /// A span, and how many below it are not shown.
        case span(Int, hidden: Int)
        /// Spans that stand side by side, and how many there are with all below them.
        case folded([Int], count: Int)
    }

    struct Row: Sendable, Hashable {
        var content: Content
        var branch: TreeBranch
        /// Whether rows of its children follow.
        var hasRowsBelow = false
    }

    let rows: [Row]
    /// Spans that are not shown.
    let hiddenCount: Int

    /// How many siblings may be alike before they are folded.
    private static let alikeMax = 5
    /// How many errors are worth rows of their own.
    private static let errorsMax = 20

    init(_ tree: TraceTree, _ options: Options) {
        var builder = Builder(tree: tree, options: options, important: WaterfallPlan.important(tree))
        if !options.isAll {
            builder.levels = options.levels
            if options.levels == nil { builder.limit() }
        }
        rows = builder.rows()
        hiddenCount = tree.nodes.count - rows.reduce(0) { if case .span = $1.content { $0 + 1 } else { $0 } }
    }

    /// The first errors and everything above them.
    private static func important(_ tree: TraceTree) -> Set<Int> {
        var result: Set<Int> = []
        for index in tree.preorder.lazy.filter({ tree.isError($0) }).prefix(errorsMax) {
            var next: Int? = index
            while let index = next, result.insert(index).inserted { next = tree.nodes[index].parent }
        }
        return result
    }

    private struct Builder {
        let tree: TraceTree
        let options: Options
        let important: Set<Int>
        /// How many levels are shown; nil for all.
        var levels: Int?
        /// How many children of one span are shown; nil for all.
        var childrenMax: Int?

        enum Item {
            case span(Int)
            case folded([Int])
        }

        /// What is shown of some siblings, by start.
        func items(of siblings: [Int], depth: Int) -> [Item] {
            if options.isAll { return siblings.map { .span($0) } }
            var shown = siblings
            if let levels, depth >= levels { shown.removeAll { !important.contains($0) } }
            var folds: [[Int]] = []
            var groups: [SpanKey: [Int]] = [:]
            for index in shown { groups[SpanKey(tree, index), default: []].append(index) }
            for members in groups.values where members.count > alikeMax {
                let longest = members.max { tree.spans[$0].duration < tree.spans[$1].duration }
                let rest = members.dropFirst().filter { $0 != longest && !important.contains($0) }
                if rest.count > 2 { folds.append(rest) }
            }
            var folded = Set(folds.joined())
            if let childrenMax, shown.count - folded.count > childrenMax {
                let byLength = shown.filter { !folded.contains($0) && !important.contains($0) }
                    .sorted { (tree.spans[$1].duration, $0) < (tree.spans[$0].duration, $1) }
                let rest = byLength.dropFirst(childrenMax).sorted { (tree.spans[$0].start, $0) < (tree.spans[$1].start, $1) }
                if rest.count > 2 {
                    folds.append(rest)
                    folded.formUnion(rest)
                }
            }
            var items: [Item] = []
            let places = Dictionary(folds.compactMap { fold in fold.first.map { ($0, fold) } }) { first, _ in first }
            for index in shown {
                if let fold = places[index] { items.append(.folded(fold)) } else if !folded.contains(index) { items.append(.span(index)) }
            }
            return items
        }

        /// Finds how many levels fit.
        mutating func limit() {
            var counts: [Int] = []
            var waiting: [(siblings: [Int], depth: Int)] = [(tree.roots, 0)]
            var parents = [1]
            while let (siblings, depth) = waiting.popLast() {
                let items = items(of: siblings, depth: depth)
                while counts.count <= depth {
                    counts.append(0)
                    parents.append(0)
                }
                counts[depth] += items.count
                for case .span(let index) in items where !tree.nodes[index].children.isEmpty {
                    parents[depth + 1] += 1
                    waiting.append((tree.nodes[index].children, depth + 1))
                }
            }
            var sum = 0
            for (depth, count) in counts.enumerated() {
                sum += count
                guard sum > options.rowsMax else { continue }
                // A level that is always shown has a share for each family.
                levels = depth == 0 ? 1 : max(depth, 2)
                if depth < 2 { childrenMax = max(3, options.rowsMax / max(1, parents[depth])) }
                return
            }
        }

        func rows() -> [Row] {
            var rows: [Row] = []
            var waiting: [(item: Item, branch: TreeBranch)] = []
            func push(_ siblings: [Int], below branch: TreeBranch?) -> Int {
                let items = items(of: siblings, depth: branch.map { $0.depth + 1 } ?? 0)
                for (place, item) in items.enumerated().reversed() {
                    waiting.append((item, TreeBranch(below: branch, isLast: place == items.count - 1)))
                }
                return items.reduce(0) { if case .folded(let members) = $1 { $0 + members.count } else { $0 + 1 } }
            }
            _ = push(tree.roots, below: nil)
            while let (item, branch) = waiting.popLast() {
                switch item {
                case .folded(let members):
                    let count = members.reduce(0) { $0 + tree.nodes[$1].descendants + 1 }
                    rows.append(Row(content: .folded(members, count: count), branch: branch))
                case .span(let index):
                    let before = waiting.count
                    let shown = push(tree.nodes[index].children, below: branch)
                    let hidden = tree.nodes[index].children.count == shown ? 0 : hiddenCount(below: index)
                    rows.append(
                        Row(content: .span(index, hidden: hidden), branch: branch, hasRowsBelow: waiting.count > before))
                }
            }
            return rows
        }

        /// The spans in those subtrees of a span that the depth cuts off.
        private func hiddenCount(below index: Int) -> Int {
            tree.nodes[index].children.filter { !important.contains($0) }.reduce(0) { $0 + tree.nodes[$1].descendants + 1 }
        }
    }
}

/// What makes spans alike: who did what.
struct SpanKey: Sendable, Hashable {
    var service: String
    var name: String

    init(_ tree: TraceTree, _ index: Int) {
        service = tree.service(index)
        name = tree.spans[index].name
    }
}

/// The lines of a tree to the left of one of its rows.
struct TreeBranch: Sendable, Hashable {
    let depth: Int
    let isLast: Bool
    /// Bit k: whether the ancestor k + 1 levels above has siblings below it. Of ancestors further away than 64 nothing is drawn.
    private let continues: UInt64

    init(below parent: TreeBranch?, isLast: Bool) {
        depth = parent.map { $0.depth + 1 } ?? 0
        self.isLast = isLast
        continues = parent.map { $0.continues << 1 | ($0.isLast || $0.depth == 0 ? 0 : 1) } ?? 0
    }

    /// What stands before a row's text, two columns for each level.
    ///
    /// - Parameter levelsMax: of deeper rows the levels nearest to them are drawn.
    func prefix(_ terminal: Terminal, levelsMax: Int) -> String {
        if depth == 0 { return "" }
        return ancestors(terminal, levelsMax: levelsMax) + (isLast ? terminal.mark("└ ", "`-") : terminal.mark("├ ", "|-"))
    }

    /// What stands before a line that belongs to the row above it.
    func continuation(_ terminal: Terminal, levelsMax: Int, hasRowsBelow: Bool) -> String {
        let bar = terminal.mark("│ ", "| ")
        return ancestors(terminal, levelsMax: levelsMax) + (depth == 0 ? "" : isLast ? "  " : bar) + (hasRowsBelow ? bar : "  ")
    }

    private func ancestors(_ terminal: Terminal, levelsMax: Int) -> String {
        let levels = min(depth - 1, max(1, levelsMax), 64)
        guard levels > 0 else { return "" }
        var text =
            levels < depth - 1 ? terminal.mark("⋯ ", "~ ") : (continues >> UInt64(levels - 1) & 1 == 1 ? terminal.mark("│ ", "| ") : "  ")
        for level in stride(from: levels - 2, through: 0, by: -1) {
            text += continues >> UInt64(level) & 1 == 1 ? terminal.mark("│ ", "| ") : "  "
        }
        return text
    }
}
