using Npgsql;

namespace Wyckoff.Tests.Trading;

/// <summary>A valid row of every table of trading, as SQL; tests change a column of one and see what the database says.</summary>
internal static class TradingRows
{
    public const string Strategy = "'00000000-0000-7000-8000-000000000001'";

    private static readonly Dictionary<string, Dictionary<string, string>> Rows = new(StringComparer.Ordinal)
    {
        ["strategies"] = Row("account_id NULL", "name 'Trend'", "symbols '{AAPL}'", "timeframes '{1d}'"),
        ["probe_strategies"] = Row($"id {Strategy}", "name 'trend_1'", "display_name 'Trend'", "strategy_type 'trend'", "direction 'long'"),
        ["strategy_probe_results"] = Row(
            $"id {Strategy}",
            "run_id 'r1'",
            "symbol 'AAPL'",
            $"strategy_id {Strategy}",
            "period_start '2026-01-01'",
            "period_end '2026-02-01'",
            "timeframe '1d'",
            "total_pnl 5"
        ),
        ["strategy_probe_trades"] = Row(
            $"result_id {Strategy}",
            "symbol 'AAPL'",
            "side 'long'",
            "entry_time '2026-01-05'",
            "exit_time '2026-01-06'",
            "entry_price 10",
            "exit_price 11",
            "quantity 1",
            "pnl 1",
            "return_pct 10"
        ),
        ["orders"] = Row(
            $"id {Strategy}",
            "time '2026-01-05'",
            "account_id 1",
            "symbol 'AAPL'",
            "side 'buy'",
            "type 'limit'",
            "quantity 10",
            "price 100",
            "exchange 'NYSE'"
        ),
        ["trades"] = Row("time '2026-01-05'", "account_id 1", "symbol 'AAPL'", "side 'buy'", "quantity 10", "price 100", "exchange 'NYSE'"),
        ["portfolio_snapshots"] = Row("time '2026-01-05'", "account_id 1", "total_value 100", "cash_balance 50", "invested_value 50"),
        ["system_logs"] = Row("time '2026-01-05'", "service 'Api'", "level 'info'", "message 'hello'"),
    };

    public static IEnumerable<string> Tables => Rows.Keys;

    /// <summary>An INSERT of the valid row, with the columns changed as "column=sql;column=sql".</summary>
    public static string Insert(string table, string changes = "")
    {
        var row = new Dictionary<string, string>(Rows[table], StringComparer.Ordinal);
        foreach (var change in changes.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = change.IndexOf('=', StringComparison.Ordinal);
            row[change[..at].Trim()] = change[(at + 1)..];
        }

        return $"INSERT INTO trading.{table} ({string.Join(", ", row.Keys)}) VALUES ({string.Join(", ", row.Values)})";
    }

    /// <summary>What a row needs to be there before it.</summary>
    public static IEnumerable<string> Before(string table) =>
        table switch
        {
            "strategy_probe_results" => [Insert("probe_strategies")],
            "strategy_probe_trades" => [Insert("probe_strategies"), Insert("strategy_probe_results")],
            _ => [],
        };

    /// <summary>The error with which the database refuses; null when it does not. Nothing stays.</summary>
    public static async Task<PostgresException?> TryAsync(NpgsqlDataSource source, params IEnumerable<string> statements)
    {
        await using var connection = await source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        try
        {
            foreach (var statement in statements)
            {
                await using var command = new NpgsqlCommand(statement, connection, transaction);
                await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            }

            return null;
        }
        catch (PostgresException e)
        {
            return e;
        }
    }

    private static Dictionary<string, string> Row(params string[] columns) =>
        columns.ToDictionary(
            c => c[..c.IndexOf(' ', StringComparison.Ordinal)],
            c => c[(c.IndexOf(' ', StringComparison.Ordinal) + 1)..],
            StringComparer.Ordinal
        );
}
