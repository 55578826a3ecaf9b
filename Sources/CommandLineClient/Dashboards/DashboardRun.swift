internal import Dashboards
internal import LinearRegex

/// Runs all queries of one dashboard against a server.
struct DashboardRun {
    let client: PerchClient
    let window: QueryWindow
    /// Values that were asked for, by the names of variables.
    let wanted: [String: [String]]
    /// Panels that may be empty: by title, by id, or either behind the uid of their dashboard and a slash.
    let allowedEmpty: Set<String>

    /// Panels are repeated for no more values than this.
    private static let repeatsMax = 50

    func run(_ dashboard: Dashboard) async -> [DashboardItemReport] {
        var items: [DashboardItemReport] = []
        var values = VariableValues()
        for index in dashboard.variableOrder { await resolve(dashboard, index, &values, &items) }
        for (index, panel) in dashboard.panels.enumerated() where !panel.isRow {
            let queries = dashboard.queries.filter { $0.origin == .panel(index) && !$0.isHidden }
            if queries.isEmpty { continue }
            for (repeated, values) in repetitions(of: panel, values) {
                let outcomes = await outcomes(of: queries, values, dashboard)
                items.append(
                    DashboardItemReport(
                        .panel, id: panel.id, title: values.title(of: panel, dashboard, window), repeated: repeated, outcomes: outcomes,
                        isEmptyAllowed: isEmptyAllowed(panel, dashboard)))
            }
        }
        for (index, annotation) in dashboard.annotations.enumerated() {
            let queries = dashboard.queries.filter { $0.origin == .annotation(index) && !$0.isHidden }
            if queries.isEmpty { continue }
            items.append(
                DashboardItemReport(
                    .annotation, title: annotation.name, outcomes: await outcomes(of: queries, values, dashboard), isEmptyAllowed: true))
        }
        return items
    }

    private func isEmptyAllowed(_ panel: DashboardPanel, _ dashboard: Dashboard) -> Bool {
        if panel.noValue != nil { return true }
        var names = [panel.title]
        if let id = panel.id { names.append(String(id)) }
        if let uid = dashboard.uid { names += names.map { uid + "/" + $0 } }
        return !allowedEmpty.isDisjoint(with: names.filter { !$0.isEmpty })
    }

    // MARK: Variables

    private func resolve(
        _ dashboard: Dashboard, _ index: Int, _ values: inout VariableValues, _ items: inout [DashboardItemReport]
    ) async {
        let variable = dashboard.variables[index]
        let asked = wanted[variable.name] ?? []
        guard let query = dashboard.queries.first(where: { $0.origin == .variable(index) }) else {
            let options = variable.values.isEmpty ? variable.current.filter { $0 != DashboardVariable.all } : variable.values
            values[variable.name] = variable.choice(of: options.isEmpty ? ["default"] : options, wanted: asked)
            return
        }
        let step = dashboard.context(of: query, in: window).step
        let ask = query.ask(with: values, in: window, step: step)
        let start = ContinuousClock.now
        var result = QueryOutcome.Result.empty
        var options: [String] = []
        do throws(ClientError) {
            if case .texts(let texts) = try await client.answer(ask, in: window, step: step) {
                options = try variable.options(of: texts)
                if !options.isEmpty { result = .found(options.count) }
            }
        } catch {
            result = .failed(error.message)
        }
        let outcome = QueryOutcome(
            reference: "", text: ask.text, line: query.line, column: query.column, result: result, seconds: start.secondsSince)
        // With an own value for all, or a value asked for, it does not take any other.
        let isEmptyAllowed = variable.allValue != nil || !asked.isEmpty
        items.append(DashboardItemReport(.variable, title: variable.name, outcomes: [outcome], isEmptyAllowed: isEmptyAllowed))
        values[variable.name] = variable.choice(of: options, wanted: asked)
    }

    /// The values for each of which a panel is there once.
    private func repetitions(of panel: DashboardPanel, _ values: VariableValues) -> [(repeated: String?, values: VariableValues)] {
        guard let name = panel.repeatVariable, let chosen = values[name], !chosen.isRaw, !chosen.values.isEmpty else {
            return [(nil, values)]
        }
        return chosen.values.prefix(DashboardRun.repeatsMax).map { value in
            var own = values
            own[name] = .init([value], isList: chosen.isList)
            return (value, own)
        }
    }

    // MARK: Queries

    private func outcomes(of queries: [DashboardQuery], _ values: VariableValues, _ dashboard: Dashboard) async -> [QueryOutcome] {
        var outcomes: [QueryOutcome] = []
        for query in queries {
            let step = dashboard.context(of: query, in: window).step
            let ask = query.ask(with: values, in: window, step: step)
            let start = ContinuousClock.now
            let result: QueryOutcome.Result
            do throws(ClientError) {
                switch try await client.answer(ask, in: window, step: step) {
                case .count(0, _): result = .empty
                case .count(_, isOnlyNaN: true): result = .onlyNaN
                case .count(let count, _): result = .found(count)
                case .texts(let texts): result = texts.isEmpty ? .empty : .found(texts.count)
                }
            } catch {
                result = .failed(error.message)
            }
            outcomes.append(
                QueryOutcome(
                    reference: query.reference, text: ask.text, line: query.line, column: query.column, result: result,
                    seconds: start.secondsSince))
        }
        return outcomes
    }
}

extension ContinuousClock.Instant {
    fileprivate var secondsSince: Double { (ContinuousClock.now - self) / .seconds(1) }
}

extension VariableValues {
    fileprivate func title(of panel: DashboardPanel, _ dashboard: Dashboard, _ window: QueryWindow) -> String {
        text(panel.title, in: window, step: dashboard.step(of: panel, in: window))
    }
}

extension DashboardVariable {
    /// The values that texts of an answer give: those that the variable's regular expression finds, and of each what its first group has.
    ///
    /// - Throws: where the regular expression is none.
    func options(of texts: [String]) throws(ClientError) -> [String] {
        var seen: Set<String> = []
        guard !pattern.isEmpty else { return texts.filter { !$0.isEmpty && seen.insert($0).inserted } }
        var source = pattern
        if source.hasPrefix("/"), let end = source.dropFirst().lastIndex(of: "/") {
            let isCaseInsensitive = source[end...].contains("i")
            source = (isCaseInsensitive ? "(?i)" : "") + source[source.index(after: source.startIndex)..<end]
        }
        do throws(LinearPatternError) {
            let pattern = try LinearPattern(source, anchored: false)
            let group = pattern.groupNames.firstIndex(of: "value") ?? min(1, pattern.groupCount)
            return texts.compactMap { text in
                guard let match = pattern.firstMatch(in: text), match.groups.indices.contains(group), let range = match.groups[group] else {
                    return nil
                }
                // Without a group, the whole text is the value.
                let value = group == 0 ? text : String(decoding: Array(text.utf8)[range], as: UTF8.self)
                return value.isEmpty || !seen.insert(value).inserted ? nil : value
            }
        } catch {
            throw .usage("the regular expression of variable “\(name)”: \(error)")
        }
    }
}
