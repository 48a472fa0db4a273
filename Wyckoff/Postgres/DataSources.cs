using System.Globalization;
using Npgsql;

namespace Wyckoff.Postgres;

/// <summary>
/// The connection pools of this process: one for reads and one for everything else. Several hosts in the connection string
/// (<c>Host=a,b</c> or <c>Host=a:5432,b:5433</c>) are a primary and its streaming standbys. Their roles may change at any time:
/// <see cref="Primary"/> connects to the current primary, <see cref="Reading"/> to a standby.
/// </summary>
public sealed class DataSources : IAsyncDisposable
{
    /// <summary>The suffix that makes the name of the read pool from the name of the other pool.</summary>
    public const string ReadsSuffix = " (reads)";

    private readonly NpgsqlDataSource _all;
    private readonly NpgsqlDataSource _reads;

    /// <param name="builder">The complete configuration of the connections. This constructor changes the builder.</param>
    public DataSources(NpgsqlDataSourceBuilder builder)
    {
        var settings = builder.ConnectionStringBuilder;
        _all = builder.Build();
        // Reads leave no state in a session, so the reset of a returned connection is not needed. It costs a tenth of a millisecond.
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
            Hosts = [.. settings.Host!.Split(',', StringSplitOptions.TrimEntries).Select(host => ForHost(settings, host))];
        }
        else
        {
            (Primary, PrimaryReads, Reading) = (_all, _reads, _reads);
        }
    }

    /// <summary>Connections to the primary for writes, and for code that changes session state.</summary>
    public NpgsqlDataSource Primary { get; }

    /// <summary>
    /// Connections to the primary for reads that must see every committed write. They must leave no state in the session.
    /// </summary>
    public NpgsqlDataSource PrimaryReads { get; }

    /// <summary>Connections for other reads: to a standby if one answers, otherwise to the primary.</summary>
    public NpgsqlDataSource Reading { get; }

    public bool HasStandbys => Hosts.Count > 0;

    /// <summary>An unpooled connection string for each host, for health checks; empty when there is only one host.</summary>
    internal IReadOnlyList<(string Name, string ConnectionString)> Hosts { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _all.DisposeAsync();
        await _reads.DisposeAsync();
    }

    private static (string Name, string ConnectionString) ForHost(NpgsqlConnectionStringBuilder settings, string host)
    {
        var single = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Host = host, Pooling = false };
        // Npgsql's rule: a port follows the only colon, or the bracket of an IPv6 address such as [::1]:5432.
        var colon = host.LastIndexOf(':');
        if (
            colon > 0
            && (host.IndexOf(':', StringComparison.Ordinal) == colon || host[colon - 1] == ']')
            && int.TryParse(host.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
        )
        {
            (single.Host, single.Port) = (host[..colon], port);
        }

        return (string.Create(CultureInfo.InvariantCulture, $"{single.Host}:{single.Port}"), single.ConnectionString);
    }
}
