#include "classifier_model.h"

/* MODEL_FILE: what the build has trained. */
__asm__(".pushsection .rodata\n"
        ".balign 64\n"
        ".global intent_model\n"
        "intent_model:\n"
        ".incbin \"" MODEL_FILE "\"\n"
        ".global intent_model_end\n"
        "intent_model_end:\n"
        ".byte 0\n"
        ".popsection\n");

extern const char intent_model[];
extern const char intent_model_end[];

const struct classifier *classifier_built_in(void)
{
    return classifier_open(intent_model, (size_t)(intent_model_end - intent_model));
}
