using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Wyckoff.Hosting;
using Wyckoff.Postgres;
using Wyckoff.Timescale;

namespace Wyckoff.MigrationService;

/// <summary>Connects to the database server as its administrator; creates, opens and drops the database.</summary>
internal sealed class DatabaseAdmin(
    IConfiguration configuration,
    IOptions<MigrationOptions> options,
    TimeProvider time,
    ILogger<DatabaseAdmin> logger
)
{
    private const string MaintenanceDatabase = "postgres";
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly NpgsqlConnectionStringBuilder _admin = AdminConnection(configuration);

    public string DatabaseName => _admin.Database!;

    /// <summary>
    /// Connections that act as the owner role, so that everything they create belongs to it, whoever the administrator is.
    /// </summary>
    public NpgsqlDataSource OwnerDataSource() =>
        NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(_admin.ConnectionString)
            {
                Options = $"{_admin.Options} -c role={DatabaseSetup.OwnerRole} -c search_path=public".Trim(),
            }
        );

    /// <summary>
    /// Waits for the server and connects to the database. When it does not exist, creates it or connects to the maintenance database.
    /// </summary>
    public async Task<NpgsqlConnection> ConnectAsync(bool createDatabase, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var backoff = Backoff.OfThisProcess();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var connection = await OpenAsync(DatabaseName, createDatabase, cancellationToken);
                var server = connection.PostgreSqlVersion;
                if (server.Major < TimescaleEdition.OldestServer.Major)
                {
                    await connection.DisposeAsync();
                    throw new RefusalException(
                        $"The server at {_admin.Host}:{_admin.Port} is PostgreSQL {server}; "
                            + $"Wyckoff needs {TimescaleEdition.OldestServer.Major} or newer. "
                            + "Upgrade it, or name another server in ConnectionStrings__wyckoff."
                    );
                }

                return connection;
            }
            catch (PostgresException e)
                when (e.SqlState is PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification)
            {
                throw new RefusalException(
                    $"The server at {_admin.Host}:{_admin.Port} refuses user '{_admin.Username}': {e.MessageText}. "
                        + "Check user and password in ConnectionStrings__wyckoff."
                );
            }
            // IsAway includes a missing database; here it is created instead of waited for.
            catch (Exception e)
                when (DatabaseFaults.IsAway(e) && e is not PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName })
            {
                if (time.GetElapsedTime(started) >= options.Value.ServerWait)
                {
                    var waited = options.Value.ServerWait.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
                    throw new RefusalException(
                        $"No database server answers at {_admin.Host}:{_admin.Port} after {waited} s: {e.Message}. "
                            + "Start it, or correct ConnectionStrings__wyckoff."
                    );
                }

                if (attempt == 1)
                {
                    logger.WaitingForServer(e.Message);
                }

                await Task.Delay(backoff.After(attempt, FirstPause, LongestPause), time, cancellationToken);
            }
            catch (NpgsqlException e) when (e is not PostgresException)
            {
                throw new RefusalException(
                    $"The server at {_admin.Host}:{_admin.Port} cannot be used as ConnectionStrings__wyckoff says: {e.Message}.",
                    e
                );
            }
        }
    }

    private async Task<NpgsqlConnection> OpenAsync(string database, bool createDatabase, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(ConnectionStringTo(database));
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidCatalogName && database != MaintenanceDatabase)
        {
            await connection.DisposeAsync();
            var maintenance = await OpenAsync(MaintenanceDatabase, createDatabase: false, cancellationToken);
            if (!createDatabase)
            {
                return maintenance;
            }

            await using (maintenance)
            {
                await CreateDatabaseAsync(maintenance, database, cancellationToken);
            }

            return await OpenAsync(database, createDatabase: false, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedFile)
        {
            // The server no longer has the library of the extension version in this database, so every statement fails until the update.
            await connection.DisposeAsync();
            await UpdateExtensionAsync(database, cancellationToken);
            connection = new NpgsqlConnection(ConnectionStringTo(database));
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async Task CreateDatabaseAsync(NpgsqlConnection maintenance, string database, CancellationToken cancellationToken)
    {
        try
        {
            await using var create = new NpgsqlCommand($"CREATE DATABASE {Quoted(database)}", maintenance);
            await create.ExecuteNonQueryAsync(cancellationToken);
            logger.DatabaseCreated(database);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
        {
            // Another MigrationService created it at the same time.
        }
    }

    private async Task UpdateExtensionAsync(string database, CancellationToken cancellationToken)
    {
        logger.UpdatingExtension();
        // The update must be the first statement of its session, so the driver must not load types before it.
        await using var source = new NpgsqlDataSourceBuilder(ConnectionStringTo(database))
            .ConfigureTypeLoading(types => types.EnableTypeLoading(false))
            .Build();
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var update = new NpgsqlCommand("ALTER EXTENSION timescaledb UPDATE", connection) { CommandTimeout = 0 };
        await update.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task DropDatabaseAsync(CancellationToken cancellationToken)
    {
        await using var maintenance = await OpenAsync(MaintenanceDatabase, createDatabase: false, cancellationToken);
        await using var drop = new NpgsqlCommand($"DROP DATABASE IF EXISTS {Quoted(DatabaseName)} WITH (FORCE)", maintenance)
        {
            CommandTimeout = 0,
        };
        await drop.ExecuteNonQueryAsync(cancellationToken);
    }

    public void RequireDatabase(NpgsqlConnection connection)
    {
        if (connection.Database != _admin.Database)
        {
            throw new RefusalException(
                $"There is no database '{_admin.Database}' at {_admin.Host}:{_admin.Port}. "
                    + "Run MigrationService without options to create it."
            );
        }
    }

    public static string Quoted(string identifier) => "\"" + identifier.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    private string ConnectionStringTo(string database) =>
        new NpgsqlConnectionStringBuilder(_admin.ConnectionString) { Database = database }.ConnectionString;

    private static NpgsqlConnectionStringBuilder AdminConnection(IConfiguration configuration)
    {
        var text = configuration.GetConnectionString(WyckoffHostExtensions.DatabaseConnection);
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new RefusalException(
                "No database is named: set ConnectionStrings__wyckoff to the connection string of an administrator."
            );
        }

        try
        {
            var builder = new NpgsqlConnectionStringBuilder(text) { ApplicationName = "Wyckoff.MigrationService", Pooling = false };
            builder.Database ??= "wyckoff";
            return builder;
        }
        catch (ArgumentException e)
        {
            throw new RefusalException(
                "ConnectionStrings__wyckoff is not a connection string such as "
                    + $"'Host=…;Port=5432;Database=wyckoff;Username=…;Password=…' ({e.GetType().Name})."
            );
        }
    }
}
