using Npgsql;

namespace Wyckoff.MigrationService;

/// <summary>Creates what migrations need and only an administrator may create: extension, roles, database owner and search path.</summary>
internal static class DatabaseSetup
{
    public const string OwnerRole = "wyckoff_owner";
    public const string AppRole = "wyckoff_app";
    public const string WorkerRole = "wyckoff_worker";

    /// <summary>For people in psql: may read everything, and write bars through their view.</summary>
    public const string ConsoleRole = "wyckoff_console";

    public const string SearchPath = "account, market, wyckoff, trading, journal, prediction, audit, public";

    /// <summary>The statements in order. Each is idempotent. A role without a verifier keeps its password.</summary>
    public static IReadOnlyList<string> Statements(bool createExtension, string? appVerifier, string? workerVerifier) =>
        [
            .. createExtension ? ["CREATE EXTENSION IF NOT EXISTS timescaledb SCHEMA public"] : Array.Empty<string>(),
            // TimescaleDB's policies run as the owner of their table, who therefore needs LOGIN. It has no password, so nobody can log in.
            Role(OwnerRole, "LOGIN"),
            Role(AppRole, "LOGIN"),
            Role(WorkerRole, "LOGIN"),
            Role("wyckoff_reader", "NOLOGIN"),
            Role(ConsoleRole, "NOLOGIN"),
            Membership(OwnerRole),
            Membership(ConsoleRole),
            // Default privileges, so that they also apply to later tables and to those that the extension creates.
            $"ALTER DEFAULT PRIVILEGES FOR ROLE {OwnerRole} GRANT SELECT ON TABLES TO {ConsoleRole}",
            $"""
                DO $$ BEGIN
                  IF (SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database()) <> '{OwnerRole}' THEN
                    EXECUTE format('ALTER DATABASE %I OWNER TO {OwnerRole}', current_database());
                  END IF;
                  EXECUTE format('ALTER DATABASE %I SET search_path = {SearchPath}', current_database());
                END $$
                """,
            .. appVerifier is null ? Array.Empty<string>() : [$"ALTER ROLE {AppRole} PASSWORD '{appVerifier}'"],
            .. workerVerifier is null ? Array.Empty<string>() : [$"ALTER ROLE {WorkerRole} PASSWORD '{workerVerifier}'"],
        ];

    public static async Task ApplyAsync(
        NpgsqlConnection admin,
        bool createExtension,
        string? appVerifier,
        string? workerVerifier,
        CancellationToken cancellationToken
    )
    {
        foreach (var statement in Statements(createExtension, appVerifier, workerVerifier))
        {
            await ExecuteAsync(admin, statement, cancellationToken);
        }
    }

    /// <summary>The verifier to store for a role's password; null when no password is given or the role already has this one.</summary>
    public static async Task<string?> NewVerifierAsync(
        NpgsqlConnection admin,
        string role,
        string? password,
        CancellationToken cancellationToken
    )
    {
        if (string.IsNullOrEmpty(password))
        {
            return null;
        }

        var stored = await StoredVerifierAsync(admin, role, cancellationToken);
        return ScramVerifier.Matches(stored, password) ? null : ScramVerifier.Create(password);
    }

    private static async Task<string?> StoredVerifierAsync(NpgsqlConnection admin, string role, CancellationToken cancellationToken)
    {
        // Only superusers may read verifiers, and managed services give no superuser. The check avoids an error in the server's log.
        await using var allowed = new NpgsqlCommand("SELECT has_table_privilege('pg_catalog.pg_authid', 'SELECT')", admin);
        if (await allowed.ExecuteScalarAsync(cancellationToken) is not true)
        {
            return null;
        }

        await using var stored = new NpgsqlCommand("SELECT rolpassword FROM pg_catalog.pg_authid WHERE rolname = $1", admin)
        {
            Parameters = { new() { Value = role } },
        };
        return await stored.ExecuteScalarAsync(cancellationToken) as string;
    }

    // Roles belong to the whole server. An advisory lock covers one database, so two databases that are set up at once can collide here.
    private static async Task ExecuteAsync(NpgsqlConnection admin, string statement, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var command = new NpgsqlCommand(statement, admin);
                await command.ExecuteNonQueryAsync(cancellationToken);
                return;
            }
            catch (PostgresException e)
                when (attempt < 10 && e is { SqlState: PostgresErrorCodes.InternalError, MessageText: "tuple concurrently updated" })
            {
                await Task.Delay(20 * attempt, cancellationToken);
            }
        }
    }

    private static string Membership(string role) =>
        $"""
            DO $$ BEGIN
              IF NOT pg_has_role(current_user, '{role}', 'SET') THEN EXECUTE format('GRANT {role} TO %I', current_user); END IF;
            EXCEPTION WHEN invalid_parameter_value THEN -- PostgreSQL 15 does not know 'SET'
              IF NOT pg_has_role(current_user, '{role}', 'MEMBER') THEN EXECUTE format('GRANT {role} TO %I', current_user); END IF;
            END $$
            """;

    private static string Role(string name, string attribute) =>
        $"""
            DO $$ BEGIN
              IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN CREATE ROLE {name} {attribute};
              -- An earlier version created some roles without LOGIN.
              ELSIF '{attribute}' = 'LOGIN' AND NOT (SELECT rolcanlogin FROM pg_roles WHERE rolname = '{name}') THEN
                ALTER ROLE {name} LOGIN;
              END IF;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
            END $$
            """;
}
