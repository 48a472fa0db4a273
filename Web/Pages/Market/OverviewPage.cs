using Wyckoff.Client;
using Wyckoff.Web.Patterns;

namespace Wyckoff.Web.Pages.Market;

/// <summary>A page with rows of the overview and their sparklines.</summary>
public abstract class OverviewPage : ApiPage
{
    /// <summary>How many daily closes a sparkline has.</summary>
    protected const int SparklineDays = 30;

    /// <summary>The newest daily closes of each row.</summary>
    protected IReadOnlyDictionary<string, IReadOnlyList<decimal>> Closes { get; private set; } =
        new Dictionary<string, IReadOnlyList<decimal>>();

    /// <summary>Reads the closes of all rows with one request. Without them the page still shows its rows.</summary>
    protected async Task ReadClosesAsync(IReadOnlyList<OverviewRow> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        try
        {
            var bars = await Api.GetBarsOfSeveralAsync(
                string.Join(',', rows.Select(row => row.Symbol)),
                last: SparklineDays,
                fields: "close"
            );
            Closes = bars.Series.ToDictionary(
                series => series.Symbol,
                series => (IReadOnlyList<decimal>)[.. (series.Bars ?? []).Select(bar => bar.Close).OfType<decimal>()],
                StringComparer.Ordinal
            );
        }
        catch (Exception e) when (Failure.Of(e) is not null)
        {
            // A ticker was deleted since the rows were read, or the database went away.
        }
    }
}
