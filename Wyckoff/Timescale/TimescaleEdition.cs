using Npgsql;

namespace Wyckoff.Timescale;

public enum Edition
{
    /// <summary>PostgreSQL without TimescaleDB.</summary>
    None,

    /// <summary>Hypertables, <c>time_bucket</c>, <c>drop_chunks</c>; no compression, no continuous aggregates, no policies.</summary>
    Apache,

    /// <summary>All features.</summary>
    Community,
}

/// <summary>The features for time series that the server has, as detected on the server.</summary>
public sealed record TimescaleEdition(Edition Edition, Version? Extension, Version Server)
{
    public static readonly Version OldestExtension = new(2, 13);
    public static readonly Version OldestServer = new(15, 0);

    public bool HasHypertables => Edition != Edition.None;

    public bool HasPolicies => Edition == Edition.Community;

    /// <summary>A sentence about the features, for the log, health and status.</summary>
    public string Capabilities =>
        Edition switch
        {
            Edition.Community => "hypertables, compression, continuous aggregates and policies are in force",
            Edition.Apache =>
                "hypertables are in force; compression, continuous aggregates and policies need TimescaleDB's Community edition",
            _ => "plain tables; hypertables, compression, continuous aggregates and policies need TimescaleDB",
        };

    public override string ToString() =>
        Edition == Edition.None ? $"PostgreSQL {Server} without TimescaleDB" : $"PostgreSQL {Server}, TimescaleDB {Extension} ({Edition})";

    /// <exception cref="NotSupportedException">The server or the extension is too old; the message says what to do.</exception>
    public static async Task<TimescaleEdition> DetectAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var server = ServerVersion(connection.PostgreSqlVersion);
        if (server < OldestServer)
        {
            throw new NotSupportedException(
                $"The server is PostgreSQL {server}; Wyckoff needs {OldestServer.Major} or newer. "
                    + "Upgrade it, or name another server in ConnectionStrings:wyckoff."
            );
        }

        await using var ask = new NpgsqlCommand("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'", connection);
        if (await ask.ExecuteScalarAsync(cancellationToken) is not string installed)
        {
            return new(Edition.None, null, server);
        }

        var extension = Version.Parse(installed.Split('-')[0]);
        if (extension < OldestExtension)
        {
            throw new NotSupportedException(
                $"TimescaleDB {extension} is installed; Wyckoff needs {OldestExtension} or newer. "
                    + "Run ALTER EXTENSION timescaledb UPDATE after upgrading its package."
            );
        }

        // The licence setting decides what a session may use. tsl_loaded() is true only after the module was first used.
        await using var license = new NpgsqlCommand("SELECT current_setting('timescaledb.license', true)", connection);
        var edition = await license.ExecuteScalarAsync(cancellationToken) as string == "timescale" ? Edition.Community : Edition.Apache;
        return new(edition, extension, server);
    }

    private static Version ServerVersion(Version version) => new(version.Major, Math.Max(version.Minor, 0));
}
