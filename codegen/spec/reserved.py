"""Names that a neuron, parameter or formula may not have in any framework.

Attributes of the base classes (`torch.nn.Module`, `keras.Layer`, `tf.Module`,
`flax.linen.Module`, `flax.nnx.Module`: read off the installed versions), and names that every
generated layer uses itself. A parameter of such a name would hide them.
"""

import builtins
import keyword
import unicodedata
from collections.abc import Iterable

_NAMES = """
AbstractContextManager activation activations activity_regularizer add_loss add_metric add_module
add_variable add_weight added after Any apply args Array autocast Axes axis batch before bfloat16
bind buffers build build_from_config built call call_signature_parameters call_super_init Callable
changed channels channels_first children clone closed_form_applies collection compile compute_dtype
compute_mask compute_output_shape compute_output_spec config constants constraints
conv_general_dilated ConvGeneralDilatedT Convolution copy count_params cpu cuda data_format
default_bias_init default_kernel_init defaults Dense deterministic device dilation dilation_rate
dot_general DotGeneralT double drop_rate dropout_key dtype Dtype dtype_policy dtypes dump_patches
eval extra_repr factory_kwargs fan_in fan_out feature_group_count features filters float forward
forward_ad freeze_kernel from_config FrozenParam functools get_buffer get_build_config get_config
get_extra_state get_parameter get_submodule get_variable get_weights grad gradients groups half
has_rng has_variable import_module importlib in_channels in_data_format in_features init
init_with_output Initializer initializers input input_dilation input_dim input_dtype input_shape
input_spec inputs integers ipu is_initializing is_mutable_collection iter_children iter_modules
Iterable Iterator jax jnp keras kernel kernel_constraint kernel_dilation kernel_init
kernel_initializer kernel_metadata kernel_regularizer kernel_shape kernel_size kernel_type key
kwargs lax layers LAYOUTS lazy_init length lengths linen load_own_variables load_state_dict
lora_alpha lora_enabled lora_rank losses lowest make_rng Mapping MappingProxyType margins mask math
meta metrics metrics_variables missing module_paths modules mtia name name_scope named_buffers
named_children named_modules named_parameters NamedTuple Names Neuron neurons nn nnx
non_trainable_variables non_trainable_weights nothing np nullcontext operands operator ops options
other out_channels out_features output output_padding output_size outputs PackageNotFoundError
padding padding_mode PaddingLike param param_dtype parameters partial path perturb pi positions
positive_init precision PrecisionLike preferred_element_type promote_dtype PromoteDtypeFn Protocol
put_variable quantization_config quantization_mode quantize quantized_build quantized_call rank
ranks register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook
register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook
register_state_dict_pre_hook regularizers rematerialized_call requires_grad_ reset_parameters
respond response rnglib rngs row_blocks row_sums rows rule SAME_NAMES save_own_variables scratch
scratch_1 seed seed_generator self Sequence set_attributes set_extra_state set_submodule set_view
set_weights setup shape share_memory size sizes sow spherical squashers state_dict stateless_call
stored stride strides submodules sum_like supports_jit supports_masking symbolic_call T_destination
tabulate taps Tensor tf TINY to to_empty torch train trainable trainable_variables trainable_weights
trained training transpose_kernel type TypeVar unbind units use_bias variable variable_dtype
variables version violation wanted weight weight_normalized weights wide wide_dtype window windows
with_gradient with_name_scope x xpu zero_grad
"""

RESERVED = frozenset(_NAMES.split())

#: Names that cells and the layers that repeat them use beside those.
_CELL_NAMES = """
activation_fn all_steps arrays axes backward batch_first batch_size batch_sizes beyond
bias_initializer bidirectional block blocks carries Carry carry carry_init cell cells coefficient
Constants default_recurrent_kernel_init dot dropout Equations equations F final Function fused gate
gate_fn get_initial_state go_backwards hidden_features hidden_size hx initial initial_carry
initial_state initialize_carry input_part input_size is_real keep_order kernel_sq kernels last
linear_scan make_cell mask_value multiply new num_feature_axes num_layers orthogonal_ output_shape
own parts proj_size project projected projection recurrent recurrent_activation recurrent_constraint
recurrent_dropout recurrent_init recurrent_initializer recurrent_kernel recurrent_kernel_init
recurrent_kernel_metadata recurrent_regularizer recurrent_sq RecurrentCell RecurrentLayer
return_carry return_sequences return_state reverse scan seen seq_lengths sequence sequence_length
sequences split_rngs sq_h sq_norm sq_norms sq_u sq_w sq_x start starts state state_count state_size
stateful States states step step_function step_weights steps swap terms time_major unroll
variable_axes weight_hh weight_ih xs ys zero_output_for_mask zeros
"""

CELL_RESERVED = RESERVED | frozenset(_CELL_NAMES.split())

#: What generated code makes of a parameter's name.
DERIVED = (
    *("use_{}", "constant_{}", "softplus_{}", "scalar_{}", "learnable_{}"),
    *("{}_init", "{}_initializer", "{}_regularizer", "{}_constraint", "{}_metadata"),
    *("{}_param", "{}_value", "grad_{}", "scale_{}", "default_{}_init"),
)

#: What the code of cells makes of the name of a projection, a state or a parameter.
CELL_DERIVED = (
    *("{}_x", "{}_h", "{}_ih", "{}_hh", "{}_dot", "{}_sq_x", "{}_sq_w", "{}_source", "{}_bias"),
    *("{}_kernel", "{}_recurrent_kernel", "{}_operands", "{}_start", "{}_init", "{}_terms"),
    *("{}_addition", "{}_coefficient"),
)

_MAX_LENGTH = 80


def why_reserved(name: str) -> str | None:
    """Why `name` cannot be used, or None if it can."""
    if not name:
        return "is no name"
    for character in name:
        if not (character.isascii() and (character.isalnum() or character == "_")):
            shown = unicodedata.name(character, f"U+{ord(character):04X}").lower()
            return f"contains {character!r} ({shown}): names are made of a-z, A-Z, 0-9 and _"
    if name[0].isdigit():
        return "starts with a digit"
    if len(name) > _MAX_LENGTH:
        return f"is longer than {_MAX_LENGTH} characters"
    if keyword.iskeyword(name) or keyword.issoftkeyword(name) or name in dir(builtins):
        return "has a meaning in Python"
    if name.startswith("_"):
        return "starts with an underscore"
    if name in RESERVED:
        return "is a name that the frameworks or generated code use; choose another"
    return None


def why_reserved_in_cell(name: str) -> str | None:
    """The same of a state, a projection, a unit or a value of a cell."""
    if name in CELL_RESERVED - RESERVED:
        return "is a name that the frameworks or generated code use; choose another"
    return why_reserved(name)


def why_derived(
    name: str, parameters: Iterable[str], patterns: tuple[str, ...] = DERIVED
) -> str | None:
    """Why `name` collides with what is made of another parameter's name, or None."""
    for parameter in parameters:
        if name in (pattern.format(parameter) for pattern in patterns):
            return f"is a name that generated code makes of {parameter!r}"
    return None
