using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Wyckoff.Api;

namespace Wyckoff.Benchmarks.Load;

/// <summary>The servers run by <see cref="HostProcess"/>: the API with two more endpoints, and a bare Kestrel with only those.</summary>
internal static class Hosts
{
    public const string ApiVerb = "api-host";
    public const string BareVerb = "bare-host";

    private const string StoredPath = "/bench/same/";

    /// <summary>The endpoint that returns the number of bytes the process has allocated.</summary>
    public const string AllocatedPath = "/bench/allocated";

    /// <summary>
    /// Returns the path of an endpoint that answers with the bytes PUT there. There are many, because sending the same bytes again and
    /// again would be faster.
    /// </summary>
    public static string StoredPathOf(int index) => StoredPath + index.ToString(CultureInfo.InvariantCulture);

    public static async Task RunApiAsync(string[] args)
    {
        var app = ApiHost.Create(args);
        Map(app.MapGroup("").AllowAnonymous());
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
            StoredPath + "{index}",
            (RequestDelegate)(
                async context =>
                {
                    using var body = new MemoryStream();
                    await context.Request.Body.CopyToAsync(body, context.RequestAborted);
                    answers[(string)context.Request.RouteValues["index"]!] = body.ToArray();
                }
            )
        );
        routes.MapGet(
            StoredPath + "{index}",
            (RequestDelegate)(
                async context =>
                {
                    var answer = answers[(string)context.Request.RouteValues["index"]!];
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
