using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Wyckoff.Api;

namespace Wyckoff.Benchmarks.Load;

/// <summary>What <see cref="HostProcess"/> runs: the API as it is, with two more endpoints, and a Kestrel that does nothing else.</summary>
internal static class Hosts
{
    public const string ApiVerb = "api-host";
    public const string BareVerb = "bare-host";

    private const string SamePath = "/bench/same/";

    /// <summary>Answers with how many bytes the process has allocated.</summary>
    public const string AllocatedPath = "/bench/allocated";

    /// <summary>Answers with the bytes that were PUT there: one of many places, as it matters to a processor whether it sends the same bytes again and again.</summary>
    public static string SamePathOf(int place) => SamePath + place.ToString(CultureInfo.InvariantCulture);

    public static async Task RunApiAsync(string[] args)
    {
        var app = ApiHost.Create(args);
        Map(app);
        await app.RunAsync();
    }

    public static async Task RunBareAsync(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.Logging.ClearProviders();
        var app = builder.Build();
        Map(app);
        await app.RunAsync();
    }

    private static void Map(IEndpointRouteBuilder routes)
    {
        var answers = new ConcurrentDictionary<string, byte[]>(StringComparer.Ordinal);
        routes.MapPut(
            SamePath + "{place}",
            (RequestDelegate)(
                async context =>
                {
                    using var body = new MemoryStream();
                    await context.Request.Body.CopyToAsync(body, context.RequestAborted);
                    answers[(string)context.Request.RouteValues["place"]!] = body.ToArray();
                }
            )
        );
        routes.MapGet(
            SamePath + "{place}",
            (RequestDelegate)(
                async context =>
                {
                    var answer = answers[(string)context.Request.RouteValues["place"]!];
                    context.Response.ContentType = "application/json; charset=utf-8";
                    context.Response.ContentLength = answer.Length;
                    await context.Response.BodyWriter.WriteAsync(answer, context.RequestAborted);
                }
            )
        );
        routes.MapGet(
            AllocatedPath,
            (RequestDelegate)(
                context =>
                    context.Response.WriteAsync(
                        GC.GetTotalAllocatedBytes(precise: true).ToString(CultureInfo.InvariantCulture),
                        context.RequestAborted
                    )
            )
        );
    }
}
