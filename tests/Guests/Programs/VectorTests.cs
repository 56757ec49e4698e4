using Tcg.Mttcg.Actors.Hosting;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Guests.BareMetal;
using Tcg.Mttcg.Guests.Tests.Support;
using Tcg.Mttcg.Guests.Workloads;

namespace Tcg.Mttcg.Guests.Tests.Programs;

/// <summary>Guests that turn AVX on and check what they compute.</summary>
public class VectorTests
{
    [Theory]
    [InlineData(BackEndKind.Jit)]
    [InlineData(BackEndKind.Interpreter)]
    public Task Avx2_integers_are_what_the_host_computes(BackEndKind backEnd) => EndsWell(AvxIntegers.Build(rounds: 200), backEnd);

    [Theory]
    [InlineData(BackEndKind.Jit)]
    [InlineData(BackEndKind.Interpreter)]
    public Task Fused_doubles_are_what_the_host_computes(BackEndKind backEnd) => EndsWell(FusedPolynomial.Build(steps: 2000), backEnd);

    private static async Task EndsWell(GuestImage image, BackEndKind backEnd)
    {
        var result = await Boot.ToEnd(Boot.Options(image) with { BackEnd = backEnd });
        Assert.Equal((ExitReason.DebugExit, 0u), (result.Reason, result.Code));
    }
}
