using System.Globalization;
using Npgsql;

namespace Wyckoff;

/// <summary>
/// The connection pools of this process. One host in the connection string is one pool for everything; several (<c>Host=a,b</c> or <c>Host=a:5432,b:5433</c>) are a
/// primary and its streaming standbys, whichever of them is which at the moment: <see cref="Primary"/> finds the one that takes writes, <see cref="Reading"/> a standby.
/// </summary>
public sealed class DataSources : IAsyncDisposable
{
    private readonly NpgsqlDataSource _all;

    /// <param name="builder">With the whole configuration of the connections; it is built here.</param>
    public DataSources(NpgsqlDataSourceBuilder builder)
    {
        var settings = builder.ConnectionStringBuilder;
        _all = builder.Build();
        if (_all is NpgsqlMultiHostDataSource hosts)
        {
            (Primary, Reading) = (hosts.WithTargetSession(TargetSessionAttributes.Primary), hosts.WithTargetSession(TargetSessionAttributes.PreferStandby));
            Hosts = [.. settings.Host!.Split(',', StringSplitOptions.TrimEntries).Select(host => Alone(settings, host))];
        }
        else
        {
            (Primary, Reading) = (_all, _all);
        }
    }

    /// <summary>Where writes go, and reads that must not be behind them.</summary>
    public NpgsqlDataSource Primary { get; }

    /// <summary>Where other reads go: a standby if one answers, else the primary.</summary>
    public NpgsqlDataSource Reading { get; }

    public bool HasStandbys => Hosts.Count > 0;

    /// <summary>Each of several hosts by itself and without a pool, to ask how it is; empty where there is but one.</summary>
    internal IReadOnlyList<(string Name, string ConnectionString)> Hosts { get; } = [];

    public ValueTask DisposeAsync() => _all.DisposeAsync();

    private static (string Name, string ConnectionString) Alone(NpgsqlConnectionStringBuilder settings, string host)
    {
        var alone = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Host = host, Pooling = false };
        // As Npgsql does: what follows the only colon is a port, and [::1] may have one behind its bracket.
        var colon = host.LastIndexOf(':');
        if (colon > 0 && (host.IndexOf(':', StringComparison.Ordinal) == colon || host[colon - 1] == ']') && int.TryParse(host.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            (alone.Host, alone.Port) = (host[..colon], port);
        }

        return (string.Create(CultureInfo.InvariantCulture, $"{alone.Host}:{alone.Port}"), alone.ConnectionString);
    }
}
