using System.IO.Compression;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Options;

namespace Wyckoff.Api.Pipeline;

/// <summary>Compresses responses with Brotli or gzip, as the client prefers. (.NET 10 has no Zstandard.)</summary>
internal sealed class Compression(IServiceProvider services, IOptions<ResponseCompressionOptions> options)
    : ResponseCompressionProvider(services, options)
{
    // Smaller responses fit into one packet uncompressed.
    private const int TooSmall = 1_000;

    // Without text/event-stream, whose events must not wait in a compressor, and Parquet, which is compressed already.
    private static readonly string[] Types =
    [
        "application/json",
        "application/problem+json",
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "text/csv",
        "text/plain",
        "text/html",
    ];

    public static void Add(IServiceCollection services)
    {
        services.AddResponseCompression(compression =>
        {
            // Over TLS too: responses have no secrets that their compressed length could reveal.
            compression.EnableForHttps = true;
            compression.MimeTypes = Types;
            compression.Providers.Add<Brotli>();
            compression.Providers.Add<GzipCompressionProvider>();
        });
        services.AddSingleton<IResponseCompressionProvider, Compression>();
        services.Configure<GzipCompressionProviderOptions>(gzip => gzip.Level = CompressionLevel.Fastest);
    }

    public override bool ShouldCompressResponse(HttpContext context) =>
        context.Response.ContentLength is not < TooSmall && base.ShouldCompressResponse(context);

    // 71 kB of JSON (500 bars) become 21 kB with gzip's fastest level, 17 kB with Brotli's level 1 and 12 kB with level 3, in about the
    // same time. The framework's provider offers only level 1 and level 4, which takes twice as long as level 3 for the same size.
    private sealed class Brotli : ICompressionProvider
    {
        private static readonly BrotliCompressionOptions Third = new() { Quality = 3 };

        public string EncodingName => "br";

        public bool SupportsFlush => true;

        public Stream CreateStream(Stream outputStream) => new BrotliStream(outputStream, Third, leaveOpen: true);
    }
}
