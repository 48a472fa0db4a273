using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.Configuration;
using Wyckoff.AppHost;

namespace Wyckoff.Tests.AppHost;

/// <summary>Tests the resource model of the composition, without running it.</summary>
[Collection(nameof(AppHostCollection))]
public sealed class ModelTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = 300_000)]
    [InlineData("--local")]
    [InlineData("--containers")]
    [InlineData("--ConnectionStrings:wyckoff=Host=db.example;Username=owner;Password=o", "--ConnectionStrings:cache=cache.example:6379")]
    public async Task Services_wait_for_the_migrations_and_migrations_for_the_database(params string[] placement)
    {
        await using var home = await AppHostHome.CreateAsync();
        await using var builder = await ModelAsync(home, placement);
        Assert.Equal(
            ["api", "cache", "ingestor", "migrations", "wyckoff", "wyckoff-app", "wyckoff-worker"],
            builder
                .Resources.Select(resource => resource.Name)
                .Intersect(["api", "cache", "ingestor", "migrations", "wyckoff", "wyckoff-app", "wyckoff-worker"], StringComparer.Ordinal)
                .Order(StringComparer.Ordinal)
        );
        // For a database in a container, Aspire also adds a wait for the server.
        Assert.Equal([("wyckoff", WaitType.WaitUntilHealthy)], Waits(builder, "migrations").Where(wait => wait.Item1 != "postgres"));
        foreach (var service in new[] { "api", "ingestor" })
        {
            Assert.Equal([("cache", WaitType.WaitUntilHealthy), ("migrations", WaitType.WaitForCompletion)], Waits(builder, service));
            Assert.Contains(Resource(builder, service).Annotations, annotation => annotation is HealthCheckAnnotation);
            Assert.Contains(Resource(builder, service).Annotations, annotation => annotation is RestartAnnotation);
        }
    }

    [Fact(Timeout = 300_000)]
    public async Task Local_servers_have_a_health_check_are_restarted_and_never_published()
    {
        await using var home = await AppHostHome.CreateAsync();
        await using var builder = await ModelAsync(home, "--local");
        foreach (var server in new[] { "postgres", "cache" })
        {
            var resource = Assert.IsAssignableFrom<ExecutableResource>(Resource(builder, server));
            Assert.Contains(resource.Annotations, annotation => annotation is HealthCheckAnnotation);
            Assert.Contains(resource.Annotations, annotation => annotation is RestartAnnotation);
            Assert.Contains(resource.Annotations, annotation => annotation is ManifestPublishingCallbackAnnotation { Callback: null });
        }

        // The database uses the health check of the server: database wyckoff is created by the migrations, which wait for that check.
        var check = Assert.Single(Resource(builder, "wyckoff").Annotations.OfType<HealthCheckAnnotation>());
        Assert.Equal(Assert.Single(Resource(builder, "postgres").Annotations.OfType<HealthCheckAnnotation>()).Key, check.Key);
        foreach (var (resource, database) in new[] { ("postgres", "postgres"), ("wyckoff", "wyckoff") })
        {
            var connection = ((IResourceWithConnectionString)Resource(builder, resource)).ConnectionStringExpression;
            Assert.EndsWith($"Database={database}", connection.ValueExpression, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = 300_000)]
    public async Task Containers_have_pinned_images_a_data_volume_and_a_password_file_in_the_data_home()
    {
        await using var home = await AppHostHome.CreateAsync();
        await using var builder = await ModelAsync(home, "--containers");
        var postgres = Resource(builder, "postgres");
        var image = Assert.Single(postgres.Annotations.OfType<ContainerImageAnnotation>());
        Assert.Equal((Images.Timescale, Images.TimescaleTag), (image.Image, image.Tag));
        var volume = Assert.Single(postgres.Annotations.OfType<ContainerMountAnnotation>());
        Assert.Equal((Images.TimescaleData, ContainerMountType.Volume), (volume.Target, volume.Type));
        // Each data folder other than the default one has its own volume.
        Assert.Matches("^wyckoff-postgres-data-[0-9a-f]{8}$", volume.Source!);
        Assert.Equal(ContainerLifetime.Persistent, Assert.Single(postgres.Annotations.OfType<ContainerLifetimeAnnotation>()).Lifetime);
        Assert.Equal(Images.RedisTag, Assert.Single(Resource(builder, "cache").Annotations.OfType<ContainerImageAnnotation>()).Tag);

        var password = await ((PostgresServerResource)postgres).PasswordParameter.GetValueAsync(Token);
        Assert.Equal((await File.ReadAllTextAsync(home.Home.PasswordFile("postgres-container"), Token)).Trim(), password);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(home.Home.PasswordFile("postgres-container")));
    }

    [Fact(Timeout = 300_000)]
    public async Task The_dashboard_offers_the_commands_of_an_operator()
    {
        await using var home = await AppHostHome.CreateAsync();
        await using var builder = await ModelAsync(home, "--local");
        var commands = builder
            .Resources.SelectMany(resource => resource.Annotations.OfType<ResourceCommandAnnotation>())
            .ToLookup(command => command.DisplayName, StringComparer.Ordinal);
        Assert.NotNull(Assert.Single(commands["Reset database"]).ConfirmationMessage);
        Assert.Equal(
            ["path", "symbol", "timeframe"],
            Assert.Single(commands["Import a file…"]).Arguments.Select(argument => argument.Name)
        );
        Assert.Equal(["file"], Assert.Single(commands["Backup…"]).Arguments.Select(argument => argument.Name));
        Assert.Single(commands["Load sample data"]);
        Assert.Single(commands["Run migrations"]);
    }

    [Theory(Timeout = 300_000)]
    [InlineData(null, "local")]
    [InlineData("keys", "keys")]
    public async Task Nobody_signs_in_in_run_mode_unless_the_configuration_says_so(string? configured, string expected)
    {
        await using var home = await AppHostHome.CreateAsync();
        await using var builder = await ModelAsync(
            home,
            ["--local", .. configured is null ? [] : new[] { $"--Wyckoff:Access={configured}" }]
        );
        foreach (var service in new[] { "api", "migrations" })
        {
            Assert.Equal(expected, await VariableAsync(builder, service, "Wyckoff__Access"));
        }

        Assert.Equal(Path.Combine(home.Home.Data, "admin.key"), await VariableAsync(builder, "migrations", "Wyckoff__AdminKeyFile"));
        Assert.Null(await VariableAsync(builder, "migrations", "Wyckoff__AdminKeyHash"));
    }

    private static async Task<object?> VariableAsync(IDistributedApplicationTestingBuilder builder, string resource, string name)
    {
        var variables = new EnvironmentCallbackContext(builder.ExecutionContext, Resource(builder, resource), cancellationToken: Token);
        foreach (var callback in Resource(builder, resource).Annotations.OfType<EnvironmentCallbackAnnotation>())
        {
            await callback.Callback(variables);
        }

        return variables.EnvironmentVariables.GetValueOrDefault(name);
    }

    private static IResource Resource(IDistributedApplicationTestingBuilder builder, string name) =>
        builder.Resources.Single(resource => resource.Name == name);

    private static (string, WaitType)[] Waits(IDistributedApplicationTestingBuilder builder, string name) =>
        [.. Resource(builder, name).Annotations.OfType<WaitAnnotation>().Select(wait => (wait.Resource.Name, wait.WaitType)).Order()];

    // The program true plays a container engine that is running; no container is started.
    private static Task<IDistributedApplicationTestingBuilder> ModelAsync(AppHostHome home, params string[] placement) =>
        DistributedApplicationTestingBuilder.CreateAsync<Projects.Wyckoff_AppHost>(
            [.. placement, "--data", home.Folder, .. AppHostHome.Ports()],
            (_, host) => (host.Configuration ??= new()).AddInMemoryCollection([new("ASPIRE_CONTAINER_RUNTIME", "true")]),
            Token
        );
}
