using Microsoft.Extensions.Logging.Abstractions;
using Wyckoff.Bars.Writing;
using Wyckoff.Ingestor.Samples;
using Wyckoff.Tickers;

namespace Wyckoff.Tests.Api;

/// <summary>A database with the imported sample data.</summary>
public sealed class SampleDatabase : TestDatabase, IAsyncLifetime
{
    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        await new SampleLoader(App, new BarWriter(App, new TickerDirectory(App)), NullLogger<SampleLoader>.Instance).LoadAsync(
            onlyIfEmpty: true,
            CancellationToken.None
        );
    }
}
