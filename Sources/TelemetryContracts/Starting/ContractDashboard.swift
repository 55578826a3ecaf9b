/// A dashboard for Grafana to start from: a panel for each declared metric, span and log line.
public struct ContractDashboard: Sendable {
    private let contract: Contract
    private let selector: String

    /// - Parameter selector: the matchers of the service's series, such as `job="shop"`.
    public init(_ contract: Contract, selector: String) {
        self.contract = contract
        self.selector = selector
    }

    /// The dashboard as JSON, in the schema of Grafana 11 and 12.
    public var json: String {
        var panels: [DocumentJSON] = []
        var (y, id) = (0, 0)
        func row(_ title: String, _ contents: [DocumentJSON.Panel]) {
            if contents.isEmpty { return }
            id += 1
            panels.append([
                "id": .number(Double(id)), "type": "row", "title": .text(title), "collapsed": false, "gridPos": position(0, y, 24, 1),
                "panels": [],
            ])
            y += 1
            for (index, panel) in contents.enumerated() {
                id += 1
                var members = panel.members
                members.insert((name: "id", value: .number(Double(id))), at: 0)
                members.append((name: "gridPos", value: position(index % 2 * 12, y, 12, 8)))
                panels.append(.object(members))
                if index % 2 == 1 || index == contents.count - 1 { y += 8 }
            }
        }
        row("Metrics", contract.metrics.map { metric($0) })
        row("Spans", contract.spans.map { span($0) })
        row("Log lines", contract.logs.map { log($0) })
        return document(panels).text
    }

    private func document(_ panels: [DocumentJSON]) -> DocumentJSON {
        var variables = [variable("prometheus", "Metrics", "prometheus")]
        if !contract.spans.isEmpty { variables.append(variable("tempo", "Traces", "tempo")) }
        if !contract.logs.isEmpty { variables.append(variable("loki", "Logs", "loki")) }
        return [
            "annotations": ["list": []], "description": .text("What \(contract.service) promises to emit."), "editable": true,
            "fiscalYearStartMonth": 0, "graphTooltip": 1, "links": [], "panels": .list(panels), "refresh": "30s", "schemaVersion": 41,
            "tags": ["contract"], "templating": ["list": .list(variables)], "time": ["from": "now-1h", "to": "now"], "timepicker": [:],
            "timezone": "browser", "title": .text(contract.service), "uid": .text(uid), "version": 1,
        ]
    }

    /// Letters, digits and dashes, 40 at most.
    private var uid: String {
        let name = contract.service.unicodeScalars.map { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil) ? Character(scalar) : "-"
        }
        return String(("contract-" + String(name)).prefix(40))
    }

    private func variable(_ name: String, _ label: String, _ plugin: String) -> DocumentJSON {
        [
            "name": .text(name), "label": .text(label), "type": "datasource", "query": .text(plugin), "current": [:], "hide": 0,
            "includeAll": false, "multi": false, "options": [], "refresh": 1, "regex": "", "skipUrlSync": false,
        ]
    }

    private func position(_ x: Int, _ y: Int, _ width: Int, _ height: Int) -> DocumentJSON {
        ["h": .number(Double(height)), "w": .number(Double(width)), "x": .number(Double(x)), "y": .number(Double(y))]
    }

    // MARK: Panels

    private func metric(_ metric: Contract.Metric) -> DocumentJSON.Panel {
        let labels = metric.labels.filter { $0.values != nil }.map(\.name)
        let open = metric.labels.filter { $0.values == nil }.map(\.name)
        let legend = labels.isEmpty ? metric.name : labels.map { "{{\($0)}}" }.joined(separator: " ")
        let by = labels.isEmpty ? "" : " by (\(labels.joined(separator: ", ")))"
        switch metric.type {
        case .counter:
            var queries = [("sum\(by) (rate(\(metric.name){\(selector)}[$__rate_interval]))", legend)]
            for label in open {
                queries.append(
                    ("topk(5, sum by (\(label)) (rate(\(metric.name){\(selector)}[$__rate_interval])))", "\(label) {{\(label)}}"))
            }
            return timeSeries(metric, unit: unit(ofRate: metric.unit), queries)
        case .gauge: return timeSeries(metric, unit: unit(metric.unit), [("sum\(by) (\(metric.name){\(selector)})", legend)])
        case .summary:
            return timeSeries(metric, unit: unit(metric.unit), [("max by (quantile) (\(metric.name){\(selector)})", "{{quantile}}")])
        case .histogram:
            let queries = [("0.5", "p50"), ("0.95", "p95"), ("0.99", "p99")].map { share, name in
                (ContractDashboard.quantile(share, metric, selector, "$__rate_interval"), name)
            }
            return timeSeries(metric, unit: unit(metric.unit), queries)
        }
    }

    /// A quantile of classic buckets, or of native ones where these are declared and come alone.
    static func quantile(_ share: String, _ metric: Contract.Metric, _ selector: String, _ window: String) -> String {
        let classic = "histogram_quantile(\(share), sum by (le) (rate(\(metric.name)_bucket{\(selector)}[\(window)])))"
        return metric.isNative ? classic + " or histogram_quantile(\(share), sum(rate(\(metric.name){\(selector)}[\(window)])))" : classic
    }

    private func timeSeries(
        _ metric: Contract.Metric, unit: String, _ queries: [(expression: String, legend: String)]
    ) -> DocumentJSON.Panel {
        let source: DocumentJSON = ["type": "prometheus", "uid": "${prometheus}"]
        let targets = queries.enumerated().map { index, query -> DocumentJSON in
            [
                "refId": .text(String(UnicodeScalar(UInt8(ascii: "A") + UInt8(index % 26)))), "datasource": source, "editorMode": "code",
                "expr": .text(query.expression), "legendFormat": .text(query.legend), "range": true,
            ]
        }
        return DocumentJSON.Panel(members: [
            ("type", "timeseries"), ("title", .text(metric.name)), ("description", .text(metric.help.isEmpty ? metric.name : metric.help)),
            ("datasource", source),
            (
                "fieldConfig",
                [
                    "defaults": [
                        "color": ["mode": "palette-classic"],
                        "custom": ["drawStyle": "line", "fillOpacity": 10, "lineWidth": 1, "showPoints": "never"],
                        "unit": .text(unit),
                    ], "overrides": [],
                ]
            ),
            (
                "options",
                [
                    "legend": ["calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": true],
                    "tooltip": ["mode": "multi", "sort": "desc"],
                ]
            ), ("targets", .list(targets)),
        ])
    }

    private func span(_ span: Contract.Span) -> DocumentJSON.Panel {
        let source: DocumentJSON = ["type": "tempo", "uid": "${tempo}"]
        let query = "{resource.service.name=\(queryText(contract.service)) && name=\(queryText(span.name))}"
        return DocumentJSON.Panel(members: [
            ("type", "table"), ("title", .text(span.name)), ("description", .text("The newest traces with this \(span.kind) span.")),
            ("datasource", source), ("fieldConfig", ["defaults": [:], "overrides": []]),
            ("options", ["cellHeight": "sm", "showHeader": true]),
            (
                "targets",
                [
                    [
                        "refId": "A", "datasource": source, "queryType": "traceql", "query": .text(query), "limit": 20,
                        "tableType": "traces",
                    ]
                ]
            ),
        ])
    }

    private func log(_ line: Contract.LogLine) -> DocumentJSON.Panel {
        let source: DocumentJSON = ["type": "loki", "uid": "${loki}"]
        let query = "{service_name=\(queryText(contract.service))} |= \(queryText(line.message))"
        return DocumentJSON.Panel(members: [
            ("type", "logs"), ("title", .text(line.message)),
            ("description", .text("Lines of this message, which are of level \(line.level).")),
            ("datasource", source), ("fieldConfig", ["defaults": [:], "overrides": []]),
            (
                "options",
                [
                    "dedupStrategy": "none", "enableLogDetails": true, "showTime": true, "sortOrder": "Descending", "wrapLogMessage": true,
                ]
            ), ("targets", [["refId": "A", "datasource": source, "editorMode": "code", "expr": .text(query), "queryType": "range"]]),
        ])
    }

    private func unit(_ unit: String) -> String {
        ["seconds": "s", "bytes": "bytes", "ratio": "percentunit", "celsius": "celsius", "milliseconds": "ms"][unit] ?? "short"
    }

    private func unit(ofRate unit: String) -> String { ["bytes": "Bps", "": "cps"][unit] ?? "short" }
}

extension DocumentJSON {
    /// A panel without its place.
    struct Panel {
        var members: [(name: String, value: DocumentJSON)]
    }
}
