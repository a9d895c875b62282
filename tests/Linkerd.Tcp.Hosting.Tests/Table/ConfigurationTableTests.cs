using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Hosting.Tests;

public sealed class ConfigurationTableTests
{
    private static readonly ConfigurationTable Table = new(new InterpreterKinds());

    public static TheoryData<string> Models => [.. ModelGenerator.Types(Table).Select(static type => type.Name)];

    [Theory]
    [MemberData(nameof(Models))]
    public void PrintAndParse_GeneratedModels_GiveTheSameModel(string name)
    {
        var type = TypeOf(name);
        for (var seed = 0; seed < 500; seed++)
        {
            var model = new ModelGenerator(Table, seed).Make(type);
            var read = Activator.CreateInstance(type)!;
            foreach (var option in Table.Of(type).Where(static option => option.Key is not null))
            {
                if (option.Print(model) is { } text)
                {
                    option.Parse(read, text);
                    Assert.Equal(text, option.Print(read));
                }
            }

            Assert.Equal(Describe(model), Describe(read));
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void PrintAndParseArguments_GeneratedModels_GiveTheSameValue(string name)
    {
        var type = TypeOf(name);
        for (var seed = 0; seed < 500; seed++)
        {
            var model = new ModelGenerator(Table, seed).Make(type);
            foreach (var option in Table.Of(type).Where(static option => option is { Argument: not null, ValueName: not null }))
            {
                if (option.PrintArgument(model) is { } text)
                {
                    var read = Activator.CreateInstance(type)!;
                    option.ParseArgument(read, text);
                    Assert.Equal(text, option.PrintArgument(read));
                }
            }
        }
    }

    [Fact]
    public void Options_KeysArgumentsAndLetters_AreThereOnce()
    {
        Assert.All(Table.Options, static option => Assert.True(option.Key is not null || option.Argument is not null));
        Assert.All(Table.Options, static option => Assert.False(string.IsNullOrWhiteSpace(option.Help) || option.Help.EndsWith('.')));
        Assert.DoesNotContain(Table.Options.Where(static option => option.Key is not null).GroupBy(static option => (option.ModelType, option.Key)), static same => same.Count() > 1);
        Assert.DoesNotContain(Table.Options.Where(static option => option.Argument is not null).GroupBy(static option => option.Argument), static same => same.Count() > 1);
        Assert.DoesNotContain(Table.Options.Where(static option => option.Letter is not null).GroupBy(static option => option.Letter), static same => same.Count() > 1);
    }

    [Fact]
    public void Validate_EachNumberAndTimeOutOfRange_IsNamedByItsKey()
    {
        var errors = ErrorsOf(new ServerConfiguration { Port = 70000, ConnectTimeout = TimeSpan.Zero, IdleTimeout = TimeSpan.FromTicks(1), MaxConcurrency = -1, AcceptRate = double.NaN, Backlog = 0 });
        Assert.Equal(["port", "connectTimeoutMs", "idleTimeoutMs", "backlog", "maxConcurrency", "acceptRate"], errors.Select(static error => error.Path));
        Assert.Equal("1 to 100000000, or off was expected, not -1.", errors[4].Message);
        Assert.Equal(["bufferSizeBytes", "transport", "graceSecs"], ErrorsOf(new ProxyConfiguration { BufferSizeBytes = 0, Transport = (TransportEngine)9, Grace = TimeSpan.FromDays(49) }).Select(static error => error.Path));
    }

    private static IReadOnlyList<OptionsError> ErrorsOf(object model)
    {
        var validator = new OptionsValidator();
        Table.Validate(model, validator);
        return Assert.Throws<InvalidOptionsException>(() => validator.ThrowIfInvalid(null)).Errors;
    }

    private static Type TypeOf(string name) => ModelGenerator.Types(Table).Single(type => type.Name == name);

    private static IEnumerable<string> Describe(object model) => ModelGenerator.Properties(model.GetType()).Select(property => $"{property.Name}: {ModelGenerator.Print(property.GetValue(model))}");
}
