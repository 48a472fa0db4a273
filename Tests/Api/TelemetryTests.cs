using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace Wyckoff.Tests.Api;

public sealed class TelemetryTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task Requests_are_traced_down_to_the_database_and_probes_are_not()
    {
        var token = TestContext.Current.CancellationToken;
        var spans = new ConcurrentQueue<Activity>();
        using var tracer = Sdk.CreateTracerProviderBuilder().AddSource("Microsoft.AspNetCore", "Npgsql").AddProcessor(new SimpleActivityExportProcessor(new Collector(spans))).Build();
        await using var api = new ApiServer(database.AppConnection);
        var client = api.CreateClient();
        spans.Clear();

        var problem = await (await client.GetAsync("/v1/bars/NOBODY", token)).Content.ReadFromJsonAsync<JsonElement>(token);
        // Under a trace of our own, and one that asks to be recorded: other tests of this process ask the same things meanwhile.
        var probe = ActivityTraceId.CreateRandom();
        client.DefaultRequestHeaders.Add("traceparent", $"00-{probe}-{ActivitySpanId.CreateRandom()}-01");
        await client.GetAsync("/health", token);
        await client.GetAsync("/alive", token);

        var trace = problem.GetProperty("traceId").GetString();
        var ours = spans.Where(span => span.TraceId.ToHexString() == trace).Select(span => span.Source.Name).ToList();
        Assert.Contains("Microsoft.AspNetCore", ours);
        Assert.Contains("Npgsql", ours);
        Assert.DoesNotContain(spans, span => span.TraceId == probe);

        await client.GetAsync("/v1/bars/NOBODY", token);
        Assert.Contains(spans, span => span.TraceId == probe);
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
