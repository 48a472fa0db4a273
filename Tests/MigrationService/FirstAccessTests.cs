using System.Net;
using Npgsql;
using Wyckoff.Accounts;
using Wyckoff.ServiceDefaults;
using Wyckoff.Tests.Api;
using Wyckoff.Tests.Schema;

namespace Wyckoff.Tests.MigrationService;

/// <summary>The local account and the first admin key, which MigrationService makes.</summary>
public sealed class FirstAccessTests(FilledPlainDatabase filled) : IClassFixture<FilledPlainDatabase>, IAsyncLifetime
{
    private const string Setting = "Wyckoff__AdminKeyFile";
    private const string HashSetting = "Wyckoff__AdminKeyHash";

    private readonly string _folder = Directory.CreateTempSubdirectory("wyckoff-first-key").FullName;
    private NpgsqlDataSource _source = null!;
    private string _connection = "";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string File1 => Path.Combine(_folder, "keys", "admin.key");

    private string File2 => Path.Combine(_folder, "keys", "admin.2.key");

    public async ValueTask InitializeAsync()
    {
        _connection = await filled.Server.CloneFilledAsync();
        _source = NpgsqlDataSource.Create(_connection);
        await ScalarAsync<int>(
            "WITH gone AS (DELETE FROM account.api_keys WHERE scope = 'admin' RETURNING 1) SELECT count(*)::int FROM gone"
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        await filled.Server.DropAsync(_connection);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Local_mode_makes_the_local_account_once_and_no_key()
    {
        await ScalarAsync<int>(
            "WITH gone AS (DELETE FROM account.user_accounts WHERE external_user_id = 'local' RETURNING 1) SELECT count(*)::int FROM gone"
        );
        for (var run = 0; run < 2; run++)
        {
            await SucceedAsync(AccessModes.Local);
            Assert.Equal(
                (1L, 1L),
                (
                    await ScalarAsync<long>(
                        "SELECT count(*) FROM account.user_accounts WHERE external_user_id = 'local' AND is_admin AND is_active"
                    ),
                    await ScalarAsync<long>(
                        """
                        SELECT count(*) FROM account.user_profiles p JOIN account.user_accounts a ON a.id = p.user_account_id
                         WHERE a.external_user_id = 'local'
                        """
                    )
                )
            );
        }

        Assert.Equal(0, await AdminKeysAsync());
        Assert.False(File.Exists(File1));
    }

    [Fact]
    public async Task Keys_mode_writes_one_admin_key_to_a_file_that_only_its_owner_reads_and_prints_the_path()
    {
        var output = await SucceedAsync(AccessModes.Keys);
        var key = (await File.ReadAllTextAsync(File1, Token)).TrimEnd();
        Assert.True(ApiKey.IsForm(key));
        Assert.Contains(File1, output, StringComparison.Ordinal);
        Assert.DoesNotContain(key, output, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(File1));
        Assert.Equal("admin", await ScopeAsync(ApiKey.HashOf(key)));

        Assert.DoesNotContain(_folder, await SucceedAsync(AccessModes.Keys), StringComparison.Ordinal);
        Assert.Equal(1, await AdminKeysAsync());
        Assert.False(File.Exists(File2));

        var app = new NpgsqlConnectionStringBuilder(_connection) { Username = "wyckoff_app", Password = TestServers.AppPassword };
        await using var api = await ListeningApi.StartAsync(app.ConnectionString, new() { ["Wyckoff:Access"] = AccessModes.Keys });
        api.Client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        using var response = await api.Client.GetAsync("/v1/tickers", Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task The_key_of_another_database_is_not_overwritten()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File1)!);
        await File.WriteAllTextAsync(File1, "another", Token);
        Assert.Contains(File2, await SucceedAsync(AccessModes.Keys), StringComparison.Ordinal);
        Assert.Equal("another", await File.ReadAllTextAsync(File1, Token));
        Assert.Equal("admin", await ScopeAsync(ApiKey.HashOf((await File.ReadAllTextAsync(File2, Token)).TrimEnd())));
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_is_refused_and_leaves_no_key_behind()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "keys"), "a file where the folder should be", Token);
        var (exitCode, _, error) = await RunAsync(AccessModes.Keys);
        Assert.Equal(1, exitCode);
        var line = Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains($"The first admin key cannot be written to {File1}", line, StringComparison.Ordinal);
        Assert.Contains("Wyckoff:AdminKeyFile", line, StringComparison.Ordinal);
        Assert.Contains("Wyckoff:AdminKeyHash", line, StringComparison.Ordinal);
        Assert.Equal(0, await AdminKeysAsync());

        File.Delete(Path.Combine(_folder, "keys"));
        await SucceedAsync(AccessModes.Keys);
        Assert.Equal(1, await AdminKeysAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_configured_hash_is_an_admin_key_until_it_is_revoked_and_no_file_is_written(bool isUpperCase)
    {
        var (_, key) = ApiKey.Issue(1, "own", AccessScope.Admin, TimeProvider.System.GetUtcNow());
        var hash = ApiKey.HashOf(key);
        var hex = isUpperCase ? Convert.ToHexString(hash) : Convert.ToHexStringLower(hash);
        var output = await SucceedAsync(AccessModes.Keys, (HashSetting, hex));
        Assert.DoesNotContain(hex, output, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("admin", await ScopeAsync(hash));
        Assert.False(Directory.Exists(Path.GetDirectoryName(File1)));

        await ScalarAsync<DateTime>("UPDATE account.api_keys SET revoked_at = now() WHERE scope = 'admin' RETURNING revoked_at");
        await SucceedAsync(AccessModes.Keys, (HashSetting, hex));
        Assert.Null(await ScopeAsync(hash));
        Assert.Equal(1, await AdminKeysAsync());
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("wk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz")]
    public async Task A_configured_hash_that_is_none_is_named_and_not_repeated(string hash)
    {
        var (exitCode, output, error) = await RunAsync(AccessModes.Keys, (HashSetting, hash));
        Assert.Equal(1, exitCode);
        Assert.Contains("Wyckoff:AdminKeyHash is the SHA-256 of a key: 64 hexadecimal digits.", error, StringComparison.Ordinal);
        // Somebody may have written the key itself there.
        Assert.DoesNotContain(hash, output + error, StringComparison.Ordinal);
        Assert.Equal(0, await AdminKeysAsync());
    }

    [Fact]
    public async Task An_unknown_mode_is_named()
    {
        var (exitCode, _, error) = await RunAsync("none");
        Assert.Equal(1, exitCode);
        Assert.Contains(AccessModes.Error, error, StringComparison.Ordinal);
    }

    private async Task<string> SucceedAsync(string mode, params (string Name, string Value)[] settings)
    {
        var (exitCode, output, error) = await RunAsync(mode, settings);
        Assert.True(exitCode == 0, error);
        return output + error;
    }

    private Task<(int ExitCode, string Output, string Error)> RunAsync(string mode, params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string>(filled.Environment, StringComparer.Ordinal)
        {
            ["Wyckoff__Access"] = mode,
            [Setting] = File1,
        };
        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }

        return Migrations.RunAsync(_connection, all);
    }

    private Task<long> AdminKeysAsync() => ScalarAsync<long>("SELECT count(*) FROM account.api_keys WHERE scope = 'admin'");

    private async Task<string?> ScopeAsync(byte[] hash)
    {
        await using var command = _source.CreateCommand("SELECT scope FROM account.authenticate($1)");
        command.Parameters.Add(new() { Value = hash });
        return await command.ExecuteScalarAsync(Token) as string;
    }

    private async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = _source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(Token))!;
    }
}
