using System.IO.Compression;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Options;

namespace Wyckoff.Api.Pipeline;

/// <summary>Brotli or gzip, as the client likes best. (Zstandard is in no part of .NET 10.)</summary>
internal sealed class Compression(IServiceProvider services, IOptions<ResponseCompressionOptions> options)
    : ResponseCompressionProvider(services, options)
{
    // Fewer bytes go into one packet either way.
    private const int TooSmall = 1_000;

    // Not text/event-stream, of which every event has to leave at once, nor Parquet, which is packed already.
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
            // Over TLS too: there is no secret in an answer that its length could give away.
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

    // 500 bars as JSON, 71 kB: gzip's fastest level makes 21 kB, Brotli's level 1 makes 17 and level 3 makes 12, each in about the same time. The framework's provider offers
    // levels 1 and 4 only, and level 4 took twice the time of level 3 for the same size.
    private sealed class Brotli : ICompressionProvider
    {
        private static readonly BrotliCompressionOptions Third = new() { Quality = 3 };

        public string EncodingName => "br";

        public bool SupportsFlush => true;

        public Stream CreateStream(Stream outputStream) => new BrotliStream(outputStream, Third, leaveOpen: true);
    }
}
