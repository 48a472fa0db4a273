using System.Collections.Concurrent;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Wyckoff.Tests.AppHost;

/// <summary>A span as it arrived over OTLP.</summary>
internal sealed record ReceivedSpan(string Service, string Scope, string Name, string Trace, string Id, string Parent);

/// <summary>
/// Receives OTLP over HTTP, as a collector does. No package with the message types is referenced, so the few fields that tests need are
/// read from the wire format.
/// </summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OtlpReceiver(WebApplication app) => _app = app;

    public ConcurrentQueue<ReceivedSpan> Spans { get; } = [];

    public ConcurrentDictionary<string, int> Received { get; } = new(StringComparer.Ordinal);

    public string Url => _app.Urls.Single();

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var receiver = new OtlpReceiver(app);
        app.MapPost(
            "/v1/{signal}",
            async (string signal, HttpRequest request) =>
            {
                using var body = new MemoryStream();
                await request.Body.CopyToAsync(body);
                receiver.Received.AddOrUpdate(signal, 1, (_, count) => count + 1);
                if (signal == "traces")
                {
                    receiver.ReadTraces(body.ToArray());
                }

                return Results.Bytes([], "application/x-protobuf");
            }
        );
        await app.StartAsync(TestContext.Current.CancellationToken);
        return receiver;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    // The fields by number: ExportTraceServiceRequest { 1: ResourceSpans {
    //   1: Resource { 1: KeyValue { 1: key, 2: AnyValue { 1: string } } },
    //   2: ScopeSpans { 1: Scope { 1: name }, 2: Span } } }
    private void ReadTraces(byte[] request)
    {
        foreach (var resourceSpans in Messages(request, 1))
        {
            var service = Messages(resourceSpans, 1)
                .SelectMany(resource => Messages(resource, 1))
                .Where(attribute => Text(attribute, 1) == "service.name")
                .SelectMany(attribute => Messages(attribute, 2))
                .Select(value => Text(value, 1))
                .FirstOrDefault("");
            foreach (var scopeSpans in Messages(resourceSpans, 2))
            {
                var scope = Messages(scopeSpans, 1).Select(message => Text(message, 1)).FirstOrDefault("");
                foreach (var span in Messages(scopeSpans, 2))
                {
                    Spans.Enqueue(new(service, scope, Text(span, 5), Hex(span, 1), Hex(span, 2), Hex(span, 4)));
                }
            }
        }
    }

    private static string Hex(byte[] message, int field) => Convert.ToHexStringLower(Messages(message, field).FirstOrDefault([]));

    private static string Text(byte[] message, int field) =>
        System.Text.Encoding.UTF8.GetString(Messages(message, field).FirstOrDefault([]));

    /// <summary>Returns the values of a field of type string, bytes or message.</summary>
    private static List<byte[]> Messages(byte[] message, int field)
    {
        var values = new List<byte[]>();
        using var input = new CodedInputStream(message);
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (WireFormat.GetTagFieldNumber(tag) == field && WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
            {
                values.Add(input.ReadBytes().ToByteArray());
            }
            else
            {
                input.SkipLastField();
            }
        }

        return values;
    }
}
