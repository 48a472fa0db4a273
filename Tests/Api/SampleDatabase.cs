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
        await LoadAsync(this);
    }

    public static Task LoadAsync(TestDatabase database) =>
        new SampleLoader(
            database.App,
            new BarWriter(database.App, new TickerDirectory(database.App)),
            NullLogger<SampleLoader>.Instance
        ).LoadAsync(onlyIfEmpty: true, CancellationToken.None);
}
