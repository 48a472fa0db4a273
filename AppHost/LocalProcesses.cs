using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using ConnectionString = Aspire.Hosting.ApplicationModel.IResourceBuilder<Aspire.Hosting.ApplicationModel.IResourceWithConnectionString>;

namespace Wyckoff.AppHost;

/// <summary>
/// PostgreSQL and Redis as processes of this user, under the same names and with the same references as the containers.
/// Each is an executable resource that runs this very program with the verb <c>serve</c>, which finds or installs the server through
/// eng/local, starts it, and stops it when it is told to stop: there is one way to run a local server, whoever asks for it.
/// </summary>
internal static class LocalProcesses
{
    public static (ConnectionString Owner, ConnectionString App, ConnectionString Worker, ConnectionString Cache) Add(
        IDistributedApplicationBuilder builder, IResourceBuilder<ParameterResource> appPassword, IResourceBuilder<ParameterResource> workerPassword)
    {
        var folder = DataFolder(builder);

        var (postgres, postgresPassword) = Serve(builder, "postgres", folder);
        var (host, port) = (postgres.Property(EndpointProperty.Host), postgres.Property(EndpointProperty.Port));
        var owner = builder.AddConnectionString("wyckoff", ReferenceExpression.Create(
            $"Host={host};Port={port};Username=postgres;Password={postgresPassword};Database=wyckoff"));
        var app = builder.AddConnectionString("wyckoff-app", ReferenceExpression.Create(
            $"Host={host};Port={port};Username=wyckoff_app;Password={appPassword};Database=wyckoff"));
        var worker = builder.AddConnectionString("wyckoff-worker", ReferenceExpression.Create(
            $"Host={host};Port={port};Username=wyckoff_worker;Password={workerPassword};Database=wyckoff"));
        CheckHealth(owner, (checks, name, connection) => checks.AddNpgSql(_ => connection(), name: name));

        // The resource called "cache" is the connection string, as it is in Azure; the server behind it needs another name.
        var (redis, redisPassword) = Serve(builder, "redis", folder);
        var cache = builder.AddConnectionString("cache", ReferenceExpression.Create(
            $"{redis.Property(EndpointProperty.Host)}:{redis.Property(EndpointProperty.Port)},password={redisPassword}"));
        CheckHealth(cache, (checks, name, connection) => checks.AddRedis(_ => connection(), name: name));

        return (owner, app, worker, cache);
    }

    private static (EndpointReference Endpoint, IResourceBuilder<ParameterResource> Password) Serve(
        IDistributedApplicationBuilder builder, string server, string folder)
    {
        // The data keeps the password it was created with, so the password is kept beside the data and not in the user secrets.
        var passwordFile = Path.Combine(folder, $"{server}.password");
        var password = builder.AddParameter($"{server}-password", ReadOrCreatePassword(passwordFile), secret: true);

        var executable = builder.AddExecutable(server, "dotnet", builder.AppHostDirectory, typeof(LocalProcesses).Assembly.Location, "serve", server)
            .WithEndpoint(name: "tcp", scheme: "tcp");
        var endpoint = executable.GetEndpoint("tcp");
        executable.WithArgs(endpoint.Property(EndpointProperty.TargetPort), passwordFile);
        return (endpoint, password);
    }

    /// <summary>A connection string has no health of its own; without this, WaitFor would be satisfied before the server answers.</summary>
    private static void CheckHealth(
        IResourceBuilder<ConnectionStringResource> resource, Action<IHealthChecksBuilder, string, Func<string>> register)
    {
        string? connection = null;
        resource.OnConnectionStringAvailable(async (available, _, cancellation) =>
            connection = await available.ConnectionStringExpression.GetValueAsync(cancellation));
        var name = $"{resource.Resource.Name}_check";
        register(
            resource.ApplicationBuilder.Services.AddHealthChecks(),
            name,
            () => connection ?? throw new InvalidOperationException($"The connection string of {resource.Resource.Name} is not known yet."));
        resource.WithHealthCheck(name);
    }

    private static string DataFolder(IDistributedApplicationBuilder builder)
    {
        var folder = builder.Configuration["Wyckoff:DataFolder"]
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "wyckoff", "data");
        Directory.CreateDirectory(folder);
        return Path.GetFullPath(folder);
    }

    private static string ReadOrCreatePassword(string file)
    {
        if (!File.Exists(file))
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using var writer = new StreamWriter(file, options);
            writer.Write(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
        }

        return File.ReadAllText(file).Trim();
    }
}
