using System.Collections.Concurrent;
using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace Wyckoff.Tests.Api;

public sealed class TelemetryTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task Requests_are_traced_down_to_the_database_and_probes_are_not()
    {
        var spans = new ConcurrentQueue<Activity>();
        // Nothing listens at the endpoint. The test reads the exported spans itself.
        await using var api = await ListeningApi.StartAsync(
            database.AppConnection,
            new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1" },
            configure: builder =>
                builder.Services.ConfigureOpenTelemetryTracerProvider(tracing =>
                    tracing.AddProcessor(new SimpleActivityExportProcessor(new Collector(spans)))
                )
        );
        // Each request has its own trace id, because other tests of this process send the same requests at the same time.
        var probe = await SendAsync("/health");
        await SendAsync("/alive");
        var request = await SendAsync("/v1/bars/NOBODY");
        await Eventually.HoldsAsync(() => SourcesOf(request).Contains("Microsoft.AspNetCore", StringComparer.Ordinal));
        Assert.Contains("Npgsql", SourcesOf(request));
        Assert.Empty(SourcesOf(probe));

        // HttpClient is traced as well and would send the trace id of its own span.
        async Task<ActivityTraceId> SendAsync(string path)
        {
            var trace = ActivityTraceId.CreateRandom();
            var answer = await api.RawAsync(
                $"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                    + $"traceparent: 00-{trace}-{ActivitySpanId.CreateRandom()}-01\r\n\r\n"
            );
            Assert.StartsWith("HTTP/1.1 ", answer, StringComparison.Ordinal);
            return trace;
        }

        List<string> SourcesOf(ActivityTraceId trace) => [.. spans.Where(span => span.TraceId == trace).Select(span => span.Source.Name)];
    }

    private sealed class Collector(ConcurrentQueue<Activity> spans) : BaseExporter<Activity>
    {
        public override ExportResult Export(in Batch<Activity> batch)
        {
            foreach (var span in batch)
            {
                spans.Enqueue(span);
            }

            return ExportResult.Success;
        }
    }
}
