using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using Wyckoff.Bars.Writing;
using Wyckoff.Imports;
using Wyckoff.Tickers;

namespace Wyckoff.Tests.Imports;

/// <summary>Importers of tests, in this process and as a command.</summary>
internal static class TestImports
{
    public static ImportRunner Runner(NpgsqlDataSource source, TickerDirectory? tickers = null, SpoolOptions? spools = null)
    {
        tickers ??= new(source);
        return new(
            source,
            new BarWriter(source, tickers),
            tickers,
            Options.Create(spools ?? new()),
            TimeProvider.System,
            NullLogger<ImportRunner>.Instance
        );
    }

    /// <summary>Runs a verb of the Ingestor on a database.</summary>
    public static Task<(int ExitCode, string Output, string Error)> VerbAsync(TestDatabase database, params string[] arguments) =>
        Run.DotnetAsync(
            "Ingestor",
            arguments,
            new()
            {
                ["ConnectionStrings__wyckoff"] = database.AppConnection,
                ["ConnectionStrings__worker"] = "",
                ["Logging__LogLevel__Default"] = "None",
            }
        );
}
