namespace Wyckoff.Api.Manners;

/// <summary>How requests are taken and answered, whatever they ask for.</summary>
public static class MannersExtensions
{
    public static WebApplicationBuilder AddManners(this WebApplicationBuilder builder)
    {
        // Before the framework's own, which does not write where Accept asks for something else.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IProblemDetailsWriter, ProblemWriter>());
        builder.Services.AddExceptionHandler<Failures>();
        return builder;
    }

    public static WebApplication UseManners(this WebApplication app)
    {
        app.UseAnswerHeaders();
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseCutOff();
        return app;
    }
}
