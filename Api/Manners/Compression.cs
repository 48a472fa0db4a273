using System.IO.Compression;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Options;

namespace Wyckoff.Api.Manners;

/// <summary>Brotli or gzip, as the client likes best. (Zstandard is in no part of .NET 10.)</summary>
internal sealed class Compression(IServiceProvider services, IOptions<ResponseCompressionOptions> options) : ResponseCompressionProvider(services, options)
{
    // Fewer bytes go into one packet either way.
    private const int TooSmall = 1_000;

    // Not text/event-stream, of which every event has to leave at once, nor Parquet, which is packed already.
    private static readonly string[] Types =
        ["application/json", "application/problem+json", "application/x-ndjson", "application/ndjson", "application/jsonl", "text/csv", "text/plain", "text/html"];

    public static void Add(IServiceCollection services)
    {
        services.AddResponseCompression(compression =>
        {
            // Over TLS too: there is no secret in an answer that its length could give away.
            compression.EnableForHttps = true;
            compression.MimeTypes = Types;
        });
        services.AddSingleton<IResponseCompressionProvider, Compression>();
        services.Configure<BrotliCompressionProviderOptions>(brotli => brotli.Level = CompressionLevel.Fastest);
        services.Configure<GzipCompressionProviderOptions>(gzip => gzip.Level = CompressionLevel.Fastest);
    }

    public override bool ShouldCompressResponse(HttpContext context) => context.Response.ContentLength is not < TooSmall && base.ShouldCompressResponse(context);
}
