import HTTP
import Observability
import TestKit
import Testing

@testable import Management

@Suite struct AcceptHeaderTests {
    @Test(arguments: [
        // What Prometheus 2.42, 2.53 and 3.5 send.
        (
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", Exposition.openMetrics
        ),
        (
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
                + "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
            .openMetrics
        ),
        (
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
                + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            .openMetrics
        ),
        ("text/plain;version=0.0.4;q=0.9, application/openmetrics-text;q=0.5", .prometheus),
        ("text/plain;version=1.0.0, application/openmetrics-text;version=1.0.0;q=0.1", .openMetrics),
        ("application/openmetrics-text;version=0.0.1", .prometheus),
        ("application/openmetrics-text; version=\"1.0.0\"; charset=utf-8", .openMetrics),
        ("APPLICATION/OpenMetrics-Text;Version=1.0.0", .openMetrics),
        ("application/openmetrics-text;version=1.0.0;q=0, */*;q=0.1", .prometheus),
        ("application/openmetrics-text;q=0.001,text/plain;q=0", .openMetrics),
        ("*/*", .prometheus), ("", .prometheus), ("image/png", .prometheus), ("text/*", .prometheus),
        ("application/*", .openMetrics), ("application/*;q=0.5,*/*;q=0.6", .prometheus),
        (";;;,,,/;q==,\"", .prometheus), ("application/openmetrics-text;q=nan", .prometheus),
        ("application/openmetrics-text;q=seven, text/plain;q=0.1", .prometheus),
    ])
    func `metrics come in the format that is asked for`(accept: String, exposition: Exposition) {
        #expect(MetricsEndpoint.exposition(for: AcceptHeader(["Accept": accept])) == exposition)
    }

    @Test func `who says nothing gets the first offer`() {
        let offers = [AcceptHeader.Offer("text", "plain"), AcceptHeader.Offer("application", "json")]
        #expect(AcceptHeader([:]).best(of: offers) == 0)
    }

    @Test(arguments: [
        ("application/json", 1), ("application/json, text/plain, */*", 1), ("text/plain, application/json", 0),
        ("application/json, */*", 1), ("*/*, application/json;q=0.9", 0),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 0), ("application/json;q=0.5,text/*", 0),
    ])
    func `equal weights go to what is named more exactly, then first`(accept: String, expected: Int) {
        let offers = [AcceptHeader.Offer("text", "plain"), AcceptHeader.Offer("application", "json")]
        #expect(AcceptHeader(["Accept": accept]).best(of: offers) == expected)
    }

    @Test func `nothing of what is offered is nothing`() {
        #expect(AcceptHeader(["Accept": "image/*"]).best(of: [AcceptHeader.Offer("text", "plain")]) == nil)
    }

    @Test(arguments: [
        ("gzip", true), ("gzip, deflate, br", true), ("GZIP;q=0.5", true), ("*", true), ("deflate", false),
        ("gzip;q=0", false), ("gzip;q=0.5, identity", false), ("identity;q=0.5, gzip", true), ("*;q=0", false),
        ("gzip;q=0, *", false), ("", false),
    ])
    func `gzip is for whoever wants it at least as much as none`(field: String, isPreferred: Bool) {
        #expect(AcceptHeader(["Accept-Encoding": field], "Accept-Encoding").prefers(coding: "gzip") == isPreferred)
    }

    @Test func `without the field there is no coding`() {
        #expect(!AcceptHeader([:], "Accept-Encoding").prefers(coding: "gzip"))
    }

    @Test func `any bytes are read without harm`() {
        var generator = SeededGenerator()
        let alphabet = Array("*/;,=q01. \"\\application/openmetrics-text".utf8)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0..<60, using: &generator)).compactMap { _ in
                alphabet.randomElement(using: &generator)
            }
            let header = AcceptHeader(["Accept": String(decoding: bytes, as: UTF8.self)])
            _ = MetricsEndpoint.exposition(for: header)
            _ = header.prefers(coding: "gzip")
        }
    }
}
