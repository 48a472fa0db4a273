namespace Wyckoff.Tests.Trading;

/// <summary>A valid row for every table of schema trading. Tests change columns and check how the database reacts.</summary>
internal static class TradingRows
{
    private const string Schema = "trading.";
    private const string Strategy = "'00000000-0000-7000-8000-000000000001'";

    private static readonly Dictionary<string, ValidRow> Rows = new ValidRow[]
    {
        new(Schema + "strategies", "account_id = NULL; name = 'Trend'; symbols = '{AAPL}'; timeframes = '{1d}'"),
        new(
            Schema + "probe_strategies",
            $"id = {Strategy}; name = 'trend_1'; display_name = 'Trend'; strategy_type = 'trend'; direction = 'long'"
        ),
        new(
            Schema + "strategy_probe_results",
            $"id = {Strategy}; run_id = 'r1'; symbol = 'AAPL'; strategy_id = {Strategy}; period_start = '2026-01-01'; "
                + "period_end = '2026-02-01'; timeframe = '1d'; total_pnl = 5"
        ),
        new(
            Schema + "strategy_probe_trades",
            $"result_id = {Strategy}; symbol = 'AAPL'; side = 'long'; entry_time = '2026-01-05'; exit_time = '2026-01-06'; "
                + "entry_price = 10; exit_price = 11; quantity = 1; pnl = 1; return_pct = 10"
        ),
        new(
            Schema + "orders",
            $"id = {Strategy}; time = '2026-01-05'; account_id = 1; symbol = 'AAPL'; side = 'buy'; type = 'limit'; "
                + "quantity = 10; price = 100; exchange = 'NYSE'"
        ),
        new(
            Schema + "trades",
            "time = '2026-01-05'; account_id = 1; symbol = 'AAPL'; side = 'buy'; quantity = 10; price = 100; exchange = 'NYSE'"
        ),
        new(
            Schema + "portfolio_snapshots",
            "time = '2026-01-05'; account_id = 1; total_value = 100; cash_balance = 50; invested_value = 50"
        ),
        new(Schema + "system_logs", "time = '2026-01-05'; service = 'Api'; level = 'info'; message = 'hello'"),
    }.ToDictionary(row => row.Table[Schema.Length..], StringComparer.Ordinal);

    public static IEnumerable<string> Tables => Rows.Keys;

    /// <summary>Returns an INSERT of the valid row with changed columns, for example "quantity=0;price=NULL".</summary>
    public static string Insert(string table, string changes = "") => Rows[table].Insert(changes);

    /// <summary>Returns the INSERTs of the rows that a row of the table refers to.</summary>
    public static IEnumerable<string> InsertReferencedRows(string table) =>
        table switch
        {
            "strategy_probe_results" => [Insert("probe_strategies")],
            "strategy_probe_trades" => [Insert("probe_strategies"), Insert("strategy_probe_results")],
            _ => [],
        };
}
