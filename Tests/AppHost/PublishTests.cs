using System.Text.Json;
using Wyckoff.AppHost;
using Wyckoff.LocalServers;
using YamlDotNet.Serialization;

namespace Wyckoff.Tests.AppHost;

/// <summary>Tests the manifest that azd reads, and the Compose file, which deploys the same services on one machine.</summary>
public sealed class PublishTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("wyckoff-publish-").FullName;
    private JsonElement _manifest;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var file = Path.Combine(_folder, "manifest.json");
        var (exitCode, output, error) = await PublishAsync(file);
        Assert.True(exitCode == 0, output + error);
        _manifest = JsonDocument.Parse(await File.ReadAllTextAsync(file, Token)).RootElement.GetProperty("resources");
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task The_manifest_equals_the_reviewed_one()
    {
        // After a change of the composition, review the difference and copy the new manifest to Tests/AppHost/manifest.json.
        var reviewed = JsonDocument
            .Parse(await File.ReadAllTextAsync(Path.Combine(Run.Root, "Tests", "AppHost", "manifest.json"), Token))
            .RootElement.GetProperty("resources");
        Assert.Equal(Lines(reviewed), Lines(_manifest));
    }

    [Fact]
    public void The_manifest_has_only_projects_and_secret_parameters()
    {
        var types = _manifest
            .EnumerateObject()
            .ToLookup(resource => resource.Value.GetProperty("type").GetString(), resource => resource.Name);
        Assert.Equal(["parameter.v0", "project.v0"], types.Select(type => type.Key).Order(StringComparer.Ordinal));
        Assert.Equal(["api", "ingestor", "migrations", "web"], types["project.v0"].Order(StringComparer.Ordinal));
        foreach (var name in types["parameter.v0"])
        {
            Assert.True(_manifest.GetProperty(name).GetProperty("inputs").GetProperty("value").GetProperty("secret").GetBoolean(), name);
        }

        Assert.Equal("{wyckoff.connectionString}", Environment("migrations")["ConnectionStrings__wyckoff"]);
        foreach (var service in new[] { "api", "ingestor" })
        {
            Assert.Equal("{wyckoff-app.connectionString}", Environment(service)["ConnectionStrings__wyckoff"]);
            Assert.DoesNotContain("{wyckoff.connectionString}", Environment(service).Values);
            Assert.DoesNotContain("{wyckoff-worker.connectionString}", service == "api" ? Environment(service).Values : []);
        }

        Assert.Equal("{wyckoff-worker.connectionString}", Environment("ingestor")["ConnectionStrings__worker"]);
        Assert.Equal("true", Environment("migrations")["Wyckoff__StayUp"]);
        // Published, the default applies: requests need keys, and the first one is named by its hash.
        Assert.All(["api", "migrations", "web"], service => Assert.DoesNotContain("Wyckoff__Access", Environment(service).Keys));
        Assert.Equal("{api.bindings.http.url}", Environment("web")["services__api__http__0"]);
        Assert.Equal("{wyckoff-admin-key-hash.value}", Environment("migrations")["Wyckoff__AdminKeyHash"]);
    }

    [Fact]
    public async Task A_manifest_that_cannot_be_written_gives_exit_code_1()
    {
        var file = Path.Combine(_folder, "file");
        await File.WriteAllTextAsync(file, "", Token);
        var (exitCode, _, error) = await PublishAsync(Path.Combine(file, "manifest.json"));
        Assert.Equal(1, exitCode);
        Assert.Contains("wyckoff: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compose_has_the_services_of_the_manifest_with_the_same_environment()
    {
        var services = await ComposeAsync();
        // Compose also has the servers, and a service that sets the owner of a volume.
        Assert.Equal(
            ["cache", "keys", "postgres"],
            services.Keys.Except(["api", "ingestor", "migrations", "web"], StringComparer.Ordinal).Order(StringComparer.Ordinal)
        );
        // In Compose, .env names the host under which people reach the web page.
        var hosts = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["api"] = "Wyckoff__Api__Hosts__1",
            ["web"] = "Wyckoff__Web__Hosts__0",
        };
        foreach (var service in new[] { "api", "ingestor", "migrations", "web" })
        {
            var expected = Environment(service).Keys.Append("OTEL_EXPORTER_OTLP_ENDPOINT");
            // Compose waits for the migrations to end. Only Container Apps, which restarts a process that exits, needs StayUp.
            Assert.Equal(
                expected.Except(["Wyckoff__StayUp"], StringComparer.Ordinal).Order(StringComparer.Ordinal),
                Names(services[service]["environment"]).Where(name => name != hosts.GetValueOrDefault(service))
            );
        }

        foreach (var service in new[] { "api", "ingestor" })
        {
            Assert.Contains("Username=wyckoff_app;", Value(services[service], "ConnectionStrings__wyckoff"), StringComparison.Ordinal);
            Assert.Equal("service_completed_successfully", Condition(services[service], "migrations"));
            Assert.Equal("service_healthy", Condition(services[service], "cache"));
            Assert.Contains($"keys:{Value(services[service], "Wyckoff__Secrets__KeyFolder")}", (List<object>)services[service]["volumes"]);
        }

        Assert.Equal("service_healthy", Condition(services["migrations"], "postgres"));
    }

    [Fact]
    public async Task Compose_has_the_images_and_settings_of_the_AppHost_and_publishes_ports_on_loopback_only()
    {
        var services = await ComposeAsync();
        Assert.Equal($"{Images.Timescale}:{Images.TimescaleTag}", services["postgres"]["image"]);
        Assert.Equal($"redis:{Images.RedisTag}", services["cache"]["image"]);
        Assert.Equal(PostgresSettings.Arguments, ((List<object>)services["postgres"]["command"]).Cast<string>());
        Assert.Contains($"postgres:{Images.TimescaleData}", (List<object>)services["postgres"]["volumes"]);
        foreach (var (name, service) in services)
        {
            Assert.DoesNotContain("latest", (string)service["image"], StringComparison.Ordinal);
            Assert.All(
                service.TryGetValue("ports", out var ports) ? (List<object>)ports : [],
                port => Assert.StartsWith("127.0.0.1:", (string)port, StringComparison.Ordinal)
            );
            Assert.Equal(name is "migrations" or "keys" ? "no" : "unless-stopped", service["restart"]);
        }

        foreach (var project in new[] { "Api", "Ingestor", "MigrationService", "Web" })
        {
            var file = System.Xml.Linq.XDocument.Load(Path.Combine(Run.Root, project, $"Wyckoff.{project}.csproj"));
            var repository = Assert.Single(file.Descendants("ContainerRepository")).Value;
            Assert.Contains(services.Values, service => (string)service["image"] == repository + ":${WYCKOFF_TAG:?}");
        }
    }

    private Dictionary<string, string> Environment(string service) =>
        _manifest
            .GetProperty(service)
            .GetProperty("env")
            .EnumerateObject()
            .ToDictionary(variable => variable.Name, variable => variable.Value.GetString()!, StringComparer.Ordinal);

    private static Task<(int ExitCode, string Output, string Error)> PublishAsync(string file) =>
        Run.DotnetAsync("AppHost", ["--publisher", "manifest", "--output-path", file], []);

    private static async Task<Dictionary<string, Dictionary<string, object>>> ComposeAsync()
    {
        var yaml = await File.ReadAllTextAsync(Path.Combine(Run.Root, "deploy", "compose.yaml"), Token);
        var document = new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(yaml);
        return ((Dictionary<object, object>)document["services"]).ToDictionary(
            service => (string)service.Key,
            service =>
                ((Dictionary<object, object>)service.Value).ToDictionary(
                    entry => (string)entry.Key,
                    entry => entry.Value,
                    StringComparer.Ordinal
                ),
            StringComparer.Ordinal
        );
    }

    private static IEnumerable<string> Names(object environment) =>
        ((Dictionary<object, object>)environment).Keys.Cast<string>().Order(StringComparer.Ordinal);

    private static string Value(Dictionary<string, object> service, string variable) =>
        (string)((Dictionary<object, object>)service["environment"])[variable];

    private static string Condition(Dictionary<string, object> service, string other) =>
        (string)((Dictionary<object, object>)((Dictionary<object, object>)service["depends_on"])[other])["condition"];

    /// <summary>
    /// Returns a line with path and value for each value. The paths of projects are left out, because they depend on the folder of the
    /// manifest.
    /// </summary>
    private static IEnumerable<string> Lines(JsonElement element, string path = "") =>
        element.ValueKind switch
        {
            JsonValueKind.Object => element
                .EnumerateObject()
                .Where(property => property.Name != "path")
                .SelectMany(property => Lines(property.Value, $"{path}/{property.Name}")),
            JsonValueKind.Array => element.EnumerateArray().SelectMany((item, index) => Lines(item, $"{path}/{index}")),
            _ => [$"{path} = {element}"],
        };
}
