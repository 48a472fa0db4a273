using System.Globalization;
using Npgsql;

namespace Wyckoff.Postgres;

/// <summary>
/// The connection pools of this process: one for reads, and one for everything else. Several hosts in the connection string (<c>Host=a,b</c> or <c>Host=a:5432,b:5433</c>) are a
/// primary and its streaming standbys, whichever of them is which at the moment: <see cref="Primary"/> finds the one that takes writes, <see cref="Reading"/> a standby.
/// </summary>
public sealed class DataSources : IAsyncDisposable
{
    /// <summary>What the pool of reads is called: the name of the other, and this.</summary>
    public const string ReadsSuffix = " (reads)";

    private readonly NpgsqlDataSource _all;
    private readonly NpgsqlDataSource _reads;

    /// <param name="builder">With the whole configuration of the connections; it is built here.</param>
    public DataSources(NpgsqlDataSourceBuilder builder)
    {
        var settings = builder.ConnectionStringBuilder;
        _all = builder.Build();
        // Reads leave nothing behind in a session. To have it made as new after each costs a tenth of a millisecond.
        settings.NoResetOnClose = true;
        builder.Name += ReadsSuffix;
        _reads = builder.Build();
        if (_all is NpgsqlMultiHostDataSource hosts && _reads is NpgsqlMultiHostDataSource reads)
        {
            Primary = hosts.WithTargetSession(TargetSessionAttributes.Primary);
            (PrimaryReads, Reading) = (
                reads.WithTargetSession(TargetSessionAttributes.Primary),
                reads.WithTargetSession(TargetSessionAttributes.PreferStandby)
            );
            Hosts = [.. settings.Host!.Split(',', StringSplitOptions.TrimEntries).Select(host => Alone(settings, host))];
        }
        else
        {
            (Primary, PrimaryReads, Reading) = (_all, _reads, _reads);
        }
    }

    /// <summary>Where writes go, and whatever needs a session of its own.</summary>
    public NpgsqlDataSource Primary { get; }

    /// <summary>Where reads go that must not be behind the writes: they must leave the session as they found it.</summary>
    public NpgsqlDataSource PrimaryReads { get; }

    /// <summary>Where other reads go: a standby if one answers, else the primary.</summary>
    public NpgsqlDataSource Reading { get; }

    public bool HasStandbys => Hosts.Count > 0;

    /// <summary>Each of several hosts by itself and without a pool, to ask how it is; empty where there is but one.</summary>
    internal IReadOnlyList<(string Name, string ConnectionString)> Hosts { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _all.DisposeAsync();
        await _reads.DisposeAsync();
    }

    private static (string Name, string ConnectionString) Alone(NpgsqlConnectionStringBuilder settings, string host)
    {
        var alone = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Host = host, Pooling = false };
        // As Npgsql does: what follows the only colon is a port, and [::1] may have one behind its bracket.
        var colon = host.LastIndexOf(':');
        if (
            colon > 0
            && (host.IndexOf(':', StringComparison.Ordinal) == colon || host[colon - 1] == ']')
            && int.TryParse(host.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
        )
        {
            (alone.Host, alone.Port) = (host[..colon], port);
        }

        return (string.Create(CultureInfo.InvariantCulture, $"{alone.Host}:{alone.Port}"), alone.ConnectionString);
    }
}
