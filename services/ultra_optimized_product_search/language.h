/* The languages of a catalogue. */
#ifndef LANGUAGE_H
#define LANGUAGE_H

enum language {
    LANGUAGE_ES,
    LANGUAGE_EN,
    LANGUAGE_PT,
};

#endif
