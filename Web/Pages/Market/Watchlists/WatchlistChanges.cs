using Wyckoff.Client;

namespace Wyckoff.Web.Pages.Market.Watchlists;

/// <summary>Changes the watchlists of the caller, which are a part of the site preferences.</summary>
internal static class WatchlistChanges
{
    private const int Attempts = 4;

    /// <summary>
    /// Reads the lists, changes them, and writes them back. If they have changed meanwhile, in another tab perhaps, it begins again.
    /// </summary>
    public static async Task ChangeAsync(WyckoffClient api, Action<List<NamedList>> change)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (preferences, tag) = await api.WithETagAsync(client => client.GetSitePreferencesAsync());
            var lists = Of(preferences);
            change(lists);
            preferences.Watchlists = [.. lists.Select(list => new Watchlist { Name = list.Name, Symbols = list.Symbols })];
            try
            {
                await api.IfMatchAsync(tag, client => client.PutSitePreferencesAsync(preferences));
                return;
            }
            catch (WyckoffException e) when (e.StatusCode == StatusCodes.Status412PreconditionFailed && attempt < Attempts)
            {
                // The next attempt reads what the other change has written.
            }
        }
    }

    public static async Task<List<NamedList>> ReadAsync(WyckoffClient api) => Of(await api.GetSitePreferencesAsync());

    /// <summary>The list of a name; null if there is none.</summary>
    public static NamedList? Named(this IEnumerable<NamedList> lists, string? name) =>
        lists.FirstOrDefault(list => string.Equals(list.Name, name, StringComparison.OrdinalIgnoreCase));

    private static List<NamedList> Of(SitePreferences preferences) =>
        [.. (preferences.Watchlists ?? []).Select(list => new NamedList(list.Name ?? "", [.. list.Symbols ?? []]))];

    /// <summary>Moves an entry by one place, if there is one.</summary>
    public static void Move<T>(this List<T> entries, int from, int by)
    {
        var to = from + by;
        if (from >= 0 && to >= 0 && to < entries.Count)
        {
            (entries[from], entries[to]) = (entries[to], entries[from]);
        }
    }

    /// <summary>Symbols that somebody typed, separated by commas, semicolons or white space.</summary>
    public static IEnumerable<string> Split(string? text) =>
        (text ?? "")
            .Split([',', ';', ' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(symbol => symbol.ToUpperInvariant());
}

/// <summary>A watchlist that can be changed.</summary>
internal sealed class NamedList(string name, List<string> symbols)
{
    public string Name { get; set; } = name;

    public List<string> Symbols { get; set; } = symbols;
}
