using Wyckoff.LocalServers;

namespace Wyckoff.Tests.LocalServers;

public sealed class PostgresBinariesTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("wyckoff-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task The_edition_is_detected_from_the_files_of_the_extension()
    {
        var bin = Fake("17", "17.11 (Debian 17.11-0+deb13u1)");
        Assert.Equal(new(bin, "17.11", PostgresEdition.Plain, null), await InspectAsync(bin));
        Write("usr/share/postgresql/17/extension/timescaledb.control", "comment = 'x'\ndefault_version = '2.19.3'\n");
        Assert.Equal(new(bin, "17.11", PostgresEdition.Apache, "2.19.3"), await InspectAsync(bin));
        Write("usr/lib/postgresql/17/lib/timescaledb-tsl-2.19.3.so", "");
        Assert.Equal(new(bin, "17.11", PostgresEdition.Community, "2.19.3"), await InspectAsync(bin));
    }

    [Theory]
    [InlineData("18beta2", 18)]
    [InlineData("9.6.24", 9)]
    public async Task The_major_version_is_parsed_from_beta_and_old_versions(string version, int major) =>
        Assert.Equal(major, (await InspectAsync(Fake($"{major}", version)))!.Major);

    [Fact]
    public async Task A_folder_without_a_server_gives_null() => Assert.Null(await InspectAsync(_root));

    [Fact]
    public async Task The_best_edition_is_found_unless_another_is_requested()
    {
        var home = new ServerHome(_root, null, null);
        var apache = Fake("17", "17.11", "servers/apache/");
        Write("servers/apache/usr/share/postgresql/17/extension/timescaledb.control", "default_version = '2.19.3'\n");
        var locator = new ServerLocator(home, _ => { });
        var token = TestContext.Current.CancellationToken;
        Assert.Equal(apache, (await locator.FindPostgresAsync(PostgresEdition.Best, token)).BinFolder);
        await Assert.ThrowsAsync<LocalServerException>(() => locator.FindPostgresAsync(PostgresEdition.Community, token));
        Assert.Equal(
            (apache, PostgresEdition.Plain),
            await locator.FindPostgresAsync(PostgresEdition.Plain, token) is var plain ? (plain.BinFolder, plain.Edition) : default
        );

        var community = Fake("17", "17.11", "servers/mine/");
        Write("servers/mine/usr/share/postgresql/17/extension/timescaledb.control", "default_version = '2.30.0'\n");
        Write("servers/mine/usr/lib/postgresql/17/lib/timescaledb-tsl-2.30.0.so", "");
        Assert.Equal(community, (await locator.FindPostgresAsync(PostgresEdition.Best, token)).BinFolder);
        Assert.Equal(apache, (await locator.FindPostgresAsync(PostgresEdition.Apache, token)).BinFolder);
    }

    [Fact]
    public void The_running_file_is_private_and_ignored_when_its_writer_has_ended()
    {
        var home = new ServerHome(_root, null, null);
        RunningFile.Write(home, new Dictionary<string, string>(StringComparer.Ordinal) { ["PGPASSWORD"] = "it's" });
        Assert.Equal("it's", RunningFile.Read(home)!["PGPASSWORD"]);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(RunningFile.PathIn(home)));
        var file = RunningFile.PathIn(home);
        File.WriteAllText(file, File.ReadAllText(file).Replace($"'{Environment.ProcessId}'", "'999999999'", StringComparison.Ordinal));
        Assert.Null(RunningFile.Read(home));
        RunningFile.Delete(home);
        Assert.Null(RunningFile.Read(home));
    }

    private static Task<PostgresBinaries?> InspectAsync(string bin) =>
        PostgresBinaries.InspectAsync(bin, TestContext.Current.CancellationToken);

    private string Fake(string major, string version, string below = "")
    {
        var bin = $"{below}usr/lib/postgresql/{major}/bin";
        foreach (var program in new[] { "postgres", "initdb" })
        {
            Write($"{bin}/{program}", $"#!/bin/sh\necho '{program} (PostgreSQL) {version}'\n");
            File.SetUnixFileMode(
                Path.Combine(_root, bin, program),
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            );
        }
        return Path.Combine(_root, bin);
    }

    private void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_root, path))!);
        File.WriteAllText(Path.Combine(_root, path), text);
    }
}
